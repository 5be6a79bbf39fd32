#include "apps/data/jpeg_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace hypersphere {
namespace {

// Markers of ITU-T T.81, table B.1.
constexpr unsigned char start_of_image = 0xD8, end_of_image = 0xD9, huffman_tables = 0xC4, temporary = 0x01,
                        restart_first = 0xD0, restart_last = 0xD7;
constexpr int most_codes = 256;

int byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// Where the first segment begins behind the start of the image, whose marker may have more than one FF; npos for another format.
std::size_t first_segment(std::string_view bytes) {
  const std::size_t marker = bytes.find_first_not_of('\xFF');
  return marker != bytes.npos && marker > 0 && byte_at(bytes, marker) == start_of_image ? marker + 1
                                                                                        : bytes.npos;
}

// Inside the compressed scans the pair FF D9 cannot occur, so the end marker has to follow the last start of a scan (earlier
// ones belong to thumbnails).
bool is_cut(std::string_view bytes) {
  const std::size_t scan = bytes.rfind("\xFF\xDA"), end = bytes.rfind("\xFF\xD9");
  return end == bytes.npos || (scan != bytes.npos && end < scan);
}

// The largest number of codes of the tables in a segment of `length` bytes, walked through as the decoder does.
int codes_in_tables(std::string_view bytes, std::size_t at, int length) {
  int most = 0;
  while (length > 0 && at < bytes.size()) {
    int codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += byte_at(bytes, at + i);
    most = std::max(most, codes);
    at += 17 + static_cast<std::size_t>(codes);
    length -= 17 + codes;
  }
  return most;
}

// The largest number of codes of any Huffman table. Segments are passed over by their lengths; what lies between them is a
// scan's data, in which FF stands before 00 alone.
int codes_in_file(std::string_view bytes, std::size_t at) {
  int most = 0;
  while ((at = bytes.find('\xFF', at)) != bytes.npos) {
    at = bytes.find_first_not_of('\xFF', at);
    if (at == bytes.npos) break;
    const int marker = byte_at(bytes, at++);
    if (marker == end_of_image) break;
    if (marker == 0 || marker == temporary || marker == start_of_image ||
        (marker >= restart_first && marker <= restart_last))
      continue;
    const int length = 256 * byte_at(bytes, at) + byte_at(bytes, at + 1);
    if (marker == huffman_tables) most = std::max(most, codes_in_tables(bytes, at + 2, length - 2));
    at += static_cast<std::size_t>(std::max(2, length));
  }
  return most;
}

}  // namespace

std::string jpeg_problem(std::string_view bytes) {
  const std::size_t begin = first_segment(bytes);
  if (begin == bytes.npos) return "";
  if (is_cut(bytes)) return "the file is cut short (no end marker)";
  if (const int codes = codes_in_file(bytes, begin); codes > most_codes)
    return fmt::format("a Huffman table of {} codes, {} are the most", codes, most_codes);
  return "";
}

}  // namespace hypersphere
