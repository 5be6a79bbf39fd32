#include "apps/training/alike_processes.h"

#include <algorithm>

#include "apps/data/byte_file.h"
#include "nn/checksum.h"

namespace hypersphere {
namespace {

// The first line of `text` that the other does not have in this place.
std::string first_difference(const std::string& text, const std::string& other) {
  std::size_t begin = 0, other_begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size()),
                      other_end =
                          std::min(other.find('\n', std::min(other_begin, other.size())), other.size());
    std::string line = text.substr(begin, end - begin);
    if (other_begin >= other.size() || line != other.substr(other_begin, other_end - other_begin))
      return line;
    begin = end + 1;
    other_begin = other_end + 1;
  }
  return "nothing more";
}

void expect_same(Communicator& ranks, const std::string& mine, const char* what) {
  const std::vector<std::string> all = ranks.gather_text(mine);
  for (std::size_t rank = 1; rank < all.size(); ++rank)
    expect(all[rank] == all[0],
           "process {} has {}: {}; process 0: {}; start all of them alike, with the same data", rank, what,
           first_difference(all[rank], all[0]), first_difference(all[0], all[rank]));
}

std::string this_program() {
  const ByteFile executable("/proc/self/exe");
  Checksum checksum;
  checksum.add(executable.read(0, executable.size()));
  return fmt::format("{} ({})", HYPERSPHERE_VERSION, checksum.digits());
}

std::string photographs_of(const Dataset& dataset) {
  Checksum list;
  for (const Photograph& one : dataset.photographs) list.add(fmt::format("{} {}\n", one.path, one.label));
  return fmt::format("{} of {} identities, list {}", dataset.photographs.size(), dataset.identities.size(),
                     list.digits());
}

}  // namespace

void expect_alike_processes(const TrainingOptions& options, const Dataset& dataset) {
  Communicator& ranks = *options.ranks;
  if (ranks.size() == 1) return;
  expect_same(ranks, this_program(), "another program");
  expect_same(ranks, options.config, "other options");
  expect_same(ranks, std::string(to_string(options.compute.device)), "another device");
  expect_same(ranks, photographs_of(dataset), "other photographs");
  expect(std::ssize(dataset.photographs) >= ranks.size(),
         "{}: {} photographs are less than one for each of {} processes", options.data.string(),
         dataset.photographs.size(), ranks.size());
  expect(options.loader.batch >= ranks.size(),
         "--batch {} is less than one photograph for each of {} processes", options.loader.batch,
         ranks.size());
}

}  // namespace hypersphere
