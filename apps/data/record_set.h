// InsightFace's training sets: a RecordIO file of aligned faces (train.rec), with or without its index (train.idx).
#pragma once

#include <filesystem>
#include <memory>

#include "apps/data/container.h"

namespace hypersphere {

/// The photographs are named LABEL/KEY.jpg, the identity's number and the photograph's, both with seven digits. Where train.idx lies beside and
/// the first record tells where the identities' records are, these name each identity's photographs and nothing else is
/// read; else every record's header is. Records without an image are passed over. Throws Error naming the file.
std::shared_ptr<const Container> open_record_set(const std::filesystem::path& path);

}  // namespace hypersphere
