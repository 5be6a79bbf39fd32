#include "apps/evaluation/trained_on.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <unordered_set>

#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

using Names = std::unordered_set<std::string>;

// "Ann, Bob, Cy, ...": the first few of them.
std::string few(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) text += (i ? ", " : "") + names[i];
  return names.size() > shown ? text + ", ..." : text;
}

// The folders' names in the paths of photographs.
Names folders_of(const std::vector<std::string>& photographs) {
  Names folders;
  for (const std::string& photograph : photographs)
    for (const fs::path& part : fs::path(photograph).parent_path()) folders.insert(part.string());
  return folders;
}

// The paths, and of each the ends that still have a folder: "a/b/c.jpg" is "b/c.jpg" too.
Names with_ends(const std::vector<std::string>& photographs) {
  Names ends;
  for (const std::string& photograph : photographs) {
    ends.insert(photograph);
    for (std::size_t at = photograph.find('/'); at != std::string::npos; at = photograph.find('/', at + 1))
      if (photograph.find('/', at + 1) != std::string::npos) ends.insert(photograph.substr(at + 1));
  }
  return ends;
}

// A label of a list as read_list names it: digits without leading zeros.
bool is_label(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos &&
         (name == "0" || name[0] != '0');
}

bool says_whom(const TrainedOn& trained_on) {
  return trained_on.photographs || !std::ranges::all_of(trained_on.identities, is_label);
}

// Keeps these photographs, and the identities that still have one.
Dataset with_photographs(const Dataset& dataset, const std::vector<bool>& kept) {
  Dataset result{.photographs = {}, .identities = dataset.identities};
  std::set<std::int32_t> labels;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) continue;
    result.photographs.push_back(dataset.photographs[i]);
    labels.insert(dataset.photographs[i].label);
  }
  if (labels.empty()) return {};
  std::vector<std::string> names;
  for (const std::int32_t label : labels)
    names.push_back(dataset.identities[static_cast<std::size_t>(label)]);
  keep_identities(result, names);
  return result;
}

}  // namespace

std::vector<std::string> read_photographs_trained_on(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  expect(stream.is_open(), "trained-on: cannot open the list of photographs {}", file.string());
  std::vector<std::string> paths;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) paths.push_back(fs::path(line).lexically_normal().generic_string());
  }
  expect(!stream.bad() && !paths.empty(), "trained-on: the list {} is empty; expected one path on each line",
         file.string());
  return paths;
}

Dataset open_set(Dataset all, const TrainedOn& trained_on, const std::vector<std::string>& wanted,
                 bool trusted) {
  Names known(trained_on.identities.begin(), trained_on.identities.end());
  if (trained_on.photographs) known.merge(folders_of(*trained_on.photographs));
  expect(
      says_whom(trained_on) || (trusted && !wanted.empty()),
      "open set: {} {}; name the photographs with --trained-on FILE, or people that you know were not among "
      "them with --identities FILE --trust-identities",
      trained_on.model,
      trained_on.identities.empty()
          ? "does not say whom it was trained on"
          : "knows whom it was trained on by number only, as training from a list leaves it");
  std::vector<std::string> leaking, unseen;
  for (const std::string& name : wanted.empty() ? all.identities : wanted)
    (known.contains(name) ? leaking : unseen).push_back(name);
  expect(wanted.empty() || leaking.empty(),
         "open set: {} of the {} people named were trained on, and nobody may be in both: {}", leaking.size(),
         wanted.size(), few(leaking));
  expect(!unseen.empty(), "open set: {} was trained on all {} people here; it needs people it never saw",
         trained_on.model, all.identities.size());
  keep_identities(all, unseen);
  return all;
}

ClosedSet closed_set(const Dataset& all, const fs::path& data_dir, const TrainedOn& trained_on) {
  expect(
      !trained_on.identities.empty(),
      "closed set: {} does not say whom it was trained on, as files of older versions do not; train it again",
      trained_on.model);
  expect(trained_on.photographs.has_value(),
         "closed set: it is not known which photographs {} was trained on; name their list with --trained-on "
         "FILE (photographs.txt in the run's folder)",
         trained_on.model);
  const Names known(trained_on.identities.begin(), trained_on.identities.end());
  const Names folders = folders_of(*trained_on.photographs), seen = with_ends(*trained_on.photographs);
  std::vector<std::string> people, unlisted;
  for (const std::string& name : all.identities) {
    if (!known.contains(name)) continue;
    people.push_back(name);
    if (!folders.contains(name)) unlisted.push_back(name);
  }
  expect(!people.empty(), "closed set: none of the {} people in {} is among the {} that {} was trained on",
         all.identities.size(), data_dir.string(), known.size(), trained_on.model);
  expect(
      unlisted.empty(),
      "closed set: the list of photographs trained on has none of {} of the {} people that {} was trained on "
      "({}); it is another run's",
      unlisted.size(), people.size(), trained_on.model, few(unlisted));

  Dataset of_people = all;
  keep_identities(of_people, people);
  std::vector<bool> trained, fresh;
  for (const Photograph& photograph : of_people.photographs) {
    trained.push_back(seen.contains(fs::path(photograph.path).lexically_relative(data_dir).generic_string()));
    fresh.push_back(!trained.back());
  }
  ClosedSet result{.test = with_photographs(of_people, fresh),
                   .trained = with_photographs(of_people, trained)};
  expect(
      !result.test.photographs.empty(),
      "closed set: {} was trained on all {} photographs in {} of the {} people it knows; it needs others of "
      "them",
      trained_on.model, of_people.photographs.size(), data_dir.string(), people.size());
  return result;
}

}  // namespace hypersphere
