// What stb_image does not look at in a JPEG and should.
#pragma once

#include <string>
#include <string_view>

namespace hypersphere {

/// What is wrong with these bytes, "" for nothing that is looked for here or for another format:
///   - they end before the end marker (a download cut short): stb_image fills the missing part with grey and reports success
///   - a Huffman table has more than 256 codes (ITU-T T.81, B.2.4.2): stb_image 2.27 writes them beyond its table's end
std::string jpeg_problem(std::string_view bytes);

}  // namespace hypersphere
