#include "apps/data/pairs.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "apps/data/container.h"
#include "apps/data/image_io.h"
#include "apps/data/pickled_pairs.h"
#include "tensor/error.h"
#include "tensor/random.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

std::optional<int> whole_number(std::string_view text) {
  const std::optional<int> value = number_in<int>(text);
  return value.value_or(-1) < 0 ? std::nullopt : value;
}

// Walks over a pairs file and knows where it is, so that every complaint can say so.
class Reader {
 public:
  Reader(const fs::path& file, const fs::path& data_dir)
      : name_(file.string()), data_dir_(data_dir), stream_(file) {
    expect(stream_.is_open(), "pairs: cannot open {}", name_);
  }

  // The words of the next line; false at the end of the file.
  bool next() {
    if (!std::getline(stream_, line_)) return false;
    ++number_;
    while (!line_.empty() && (line_.back() == '\r' || line_.back() == ' ' || line_.back() == '\t'))
      line_.pop_back();
    words.clear();
    std::istringstream text(line_);
    const bool tabs = line_.find('\t') != std::string::npos;
    for (std::string word;
         tabs ? static_cast<bool>(std::getline(text, word, '\t')) : static_cast<bool>(text >> word);)
      words.push_back(word);
    return true;
  }

  [[noreturn]] void complain(std::string_view expected) const {
    fail("{}:{}: expected {}, found '{}'", name_, std::max(number_, 1), expected, line_);
  }

  // The photograph's path relative to the data folder.
  std::string find(const std::string& name, const std::string& index_word) const {
    const std::optional<int> index = whole_number(index_word);
    if (!index) complain("the number of a photograph");
    const std::string stem = fmt::format("{}/{}_{:04}", name, name, *index);
    std::error_code none;  // a name that is too long for the system is one that is not there
    for (const char* extension : {".jpg", ".png", ".jpeg", ".JPG", ".PNG", ".JPEG"})
      if (const fs::path path = data_dir_ / (stem + extension);
          fs::exists(path, none) || find_contained(path))
        return stem + extension;
    if (fs::is_directory(data_dir_ / name, none))  // rarer formats: whichever comes first by name
      if (const auto other = any_image(stem)) return *other;
    fail("{}:{}: no photograph {}.jpg (or .png, ...) in {}", name_, number_, stem, data_dir_.string());
  }

  std::vector<std::string> words;

 private:
  std::optional<std::string> any_image(const std::string& stem) const {
    std::optional<std::string> first;
    const fs::path wanted = fs::path(stem);
    std::error_code none;  // a folder that cannot be listed shows no photograph
    for (const auto& entry : fs::directory_iterator((data_dir_ / wanted).parent_path(), none)) {
      if (entry.path().stem() != wanted.filename() || !looks_like_image(entry.path())) continue;
      std::string path = stem + entry.path().extension().string();
      if (!first || path < *first) first = std::move(path);
    }
    return first;
  }

  std::string name_;
  fs::path data_dir_;
  std::ifstream stream_;
  std::string line_;
  int number_ = 0;
};

// One photograph of an identity that a fold may use.
using Album = std::vector<std::string>;

std::vector<Album> albums_by_identity(const Dataset& dataset, const fs::path& data_dir) {
  std::vector<Album> albums(dataset.identities.size());
  for (const Photograph& p : dataset.photographs)
    albums[static_cast<std::size_t>(p.label)].push_back(
        fs::path(p.path).lexically_relative(data_dir).generic_string());
  return albums;
}

// Draws `count` distinct pairs. A duplicate costs another draw; when they keep coming, the fold is too small.
template <class Draw>
void draw_distinct(std::vector<Pair>& pairs, int count, int fold, bool same, Draw&& draw) {
  std::set<std::pair<std::string, std::string>> seen;
  for (std::int64_t tries = 0; std::ssize(seen) < count; ++tries) {
    expect(tries < std::int64_t{100} * (count + 10),
           "pairs: fold {} has too few photographs for {} distinct {} pairs; ask for fewer pairs or folds",
           fold + 1, count, same ? "matched" : "mismatched");
    auto [first, second] = draw();
    if (!seen.insert(std::minmax(first, second)).second) continue;
    pairs.push_back({std::move(first), std::move(second), same, fold});
  }
}

std::uint32_t count_of(const auto& items) { return static_cast<std::uint32_t>(items.size()); }

void draw_fold(PairList& list, std::span<const Album> albums, int per_kind, int fold, Random& random) {
  std::vector<const Album*> several;
  for (const Album& album : albums)
    if (album.size() >= 2) several.push_back(&album);
  expect(
      !several.empty() && albums.size() >= 2,
      "pairs: fold {} needs at least two identities, one of them with two photographs; ask for fewer folds",
      fold + 1);
  draw_distinct(list.pairs, per_kind, fold, true, [&] {
    const Album& album = *several[random.below(count_of(several))];
    const std::uint32_t i = random.below(count_of(album)), j = random.below(count_of(album) - 1);
    return std::pair(album[i], album[j + (j >= i)]);
  });
  draw_distinct(list.pairs, per_kind, fold, false, [&] {
    const std::uint32_t a = random.below(count_of(albums)), b = random.below(count_of(albums) - 1);
    const Album &first = albums[a], &second = albums[b + (b >= a)];
    return std::pair(first[random.below(count_of(first))], second[random.below(count_of(second))]);
  });
}

// "NAME/NAME_0007.jpg" as NAME and 7.
std::pair<std::string, int> split_path(const std::string& path) {
  const fs::path p(path);
  const std::string name = p.parent_path().string(), stem = p.stem().string();
  if (!name.empty() && stem.starts_with(name + "_"))
    if (const auto index = whole_number(std::string_view(stem).substr(name.size() + 1)))
      if (stem == fmt::format("{}_{:04}", name, *index)) return {name, *index};
  fail("pairs: LFW's format needs paths like NAME/NAME_0001.jpg, found {}", path);
}

}  // namespace

PairList read_pairs(const fs::path& file, const fs::path& data_dir) {
  if (file.extension() == ".bin") return read_pickled_pairs(file);
  Reader reader(file, data_dir);
  constexpr auto header = "'folds<TAB>pairs' or 'pairs' on the first line";
  std::array<int, 2> sizes = {1, 0};  // folds, pairs of a kind in a fold
  const bool any = reader.next();
  if (!any || reader.words.empty() || reader.words.size() > 2) reader.complain(header);
  for (std::size_t i = 0; i < reader.words.size(); ++i) {
    const auto value = whole_number(reader.words[i]);
    if (!value || *value == 0) reader.complain(header);
    sizes[i + 2 - reader.words.size()] = *value;
  }
  PairList list{sizes[0], {}};
  for (int fold = 0; fold < sizes[0]; ++fold)
    for (const bool same : {true, false})
      for (int i = 0; i < sizes[1]; ++i) {
        if (!reader.next())
          reader.complain(
              fmt::format("{} lines of pairs after this one", std::int64_t{2} * sizes[0] * sizes[1]));
        const auto& w = reader.words;
        if (w.size() != (same ? 3u : 4u)) reader.complain(same ? "'name i j'" : "'name1 i name2 j'");
        list.pairs.push_back(same ? Pair{reader.find(w[0], w[1]), reader.find(w[0], w[2]), true, fold}
                                  : Pair{reader.find(w[0], w[1]), reader.find(w[2], w[3]), false, fold});
      }
  while (reader.next())
    if (!reader.words.empty()) reader.complain("the end of the file");
  return list;
}

PairList make_pairs(const Dataset& dataset, const fs::path& data_dir, int folds, int per_kind,
                    std::uint64_t seed) {
  expect(folds >= 1 && per_kind >= 1, "pairs: expected at least one fold and one pair, found {} and {}",
         folds, per_kind);
  Random random(seed, random_stream(RandomUse::shuffle, std::uint64_t{1} << 47));  // epochs count up from 0
  std::vector<Album> albums = albums_by_identity(dataset, data_dir);
  for (std::uint32_t i = count_of(albums); i > 1; --i) std::swap(albums[i - 1], albums[random.below(i)]);
  PairList list{folds, {}};
  const std::size_t all = albums.size(), parts = static_cast<std::size_t>(folds);
  for (std::size_t fold = 0; fold < parts; ++fold) {
    const std::size_t begin = all * fold / parts, end = all * (fold + 1) / parts;
    draw_fold(list, std::span(albums).subspan(begin, end - begin), per_kind, static_cast<int>(fold), random);
  }
  return list;
}

std::optional<PairList> make_fitting_pairs(const Dataset& dataset, const fs::path& data_dir,
                                           std::uint64_t seed) {
  const auto identities = static_cast<int>(dataset.identities.size());
  for (int folds = std::clamp(identities / 4, 1, 10); folds >= 1; folds = folds > 2 ? folds / 2 : folds - 1)
    for (int per_kind = 300; per_kind >= 10; per_kind = per_kind * 2 / 3) {
      try {
        return make_pairs(dataset, data_dir, folds, per_kind, seed);
      } catch (const Error&) {  // too few photographs for that many: try fewer
      }
    }
  return std::nullopt;
}

void write_pairs(const fs::path& file, const PairList& list) {
  std::size_t at = 0;
  const std::size_t per_kind =
      list.folds > 0 ? list.pairs.size() / (2 * static_cast<std::size_t>(list.folds)) : 0;
  std::string text = fmt::format("{}\t{}\n", list.folds, per_kind);
  bool regular = per_kind > 0 && list.pairs.size() == per_kind * 2 * static_cast<std::size_t>(list.folds);
  for (int fold = 0; regular && fold < list.folds; ++fold)
    for (const bool same : {true, false})
      for (std::size_t i = 0; i < per_kind; ++i) {
        const Pair& pair = list.pairs[at++];
        regular = regular && pair.fold == fold && pair.same == same;
        const auto [name1, i1] = split_path(pair.first);
        const auto [name2, i2] = split_path(pair.second);
        regular = regular && (!same || name1 == name2);
        text += same ? fmt::format("{}\t{}\t{}\n", name1, i1, i2)
                     : fmt::format("{}\t{}\t{}\t{}\n", name1, i1, name2, i2);
      }
  expect(regular,
         "pairs: cannot write {}: each fold needs the same number of matched and then mismatched pairs",
         file.string());
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  expect(!stream.fail(), "pairs: cannot write {}", file.string());
}

}  // namespace hypersphere
