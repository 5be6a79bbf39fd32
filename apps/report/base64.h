// Bytes as text, to put a picture inside of a document.
#pragma once

#include <string>
#include <string_view>

namespace hypersphere {

/// RFC 4648, section 4: the alphabet with + and /, padded with =.
std::string base64(std::string_view bytes);

}  // namespace hypersphere
