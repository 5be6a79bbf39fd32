// On real photographs: LFW where HYPERSPHERE_LFW names its folder, else skipped with a message.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "apps/data/loader.h"
#include "apps/evaluation/pair_photographs.h"

using namespace hypersphere;

namespace {

std::filesystem::path lfw() {
  const char* const folder = std::getenv("HYPERSPHERE_LFW");
  if (folder == nullptr) MESSAGE("skipped: HYPERSPHERE_LFW does not name a folder with LFW's photographs");
  return folder ? folder : "";
}

constexpr CropBox crop{71, 53, 179, 179};  // of deep-funneled LFW, onto the SphereFace template

}  // namespace

TEST_CASE("LFW: the identities for training and those for validation share nobody") {
  const std::filesystem::path folder = lfw();
  if (folder.empty()) return;
  Dataset all = read_folder(folder / "images");
  CHECK(all.identities.size() == 4859);
  CHECK(all.photographs.size() == 10562);
  Dataset train = all, validation = all;
  keep_identities(train, read_identities(folder / "identities_train.txt"));
  keep_identities(validation, read_identities(folder / "identities_val.txt"));
  CHECK(train.identities.size() == 3973);
  CHECK(validation.identities.size() == 886);
  for (const std::string& name : validation.identities)
    CHECK(std::ranges::find(train.identities, name) == train.identities.end());
  keep_min_images(train, 2);
  CHECK(train.identities.size() == 978);
  CHECK(train.photographs.size() == 4982);
}

TEST_CASE("LFW: raw pixels verify as well as they are known to") {
  const std::filesystem::path folder = lfw();
  if (folder.empty()) return;
  const PairList list = read_pairs(folder / "pairs_val.txt", folder / "images");
  CHECK(list.folds == 2);
  CHECK(list.pairs.size() == 1200);
  const PairPhotographs photographs = load_pair_photographs(list, folder / "images", crop, 96, 112, 2);
  const Verification pixels = verify_raw_pixels(photographs);
  // 66.6 % at the best single threshold, recorded with another program's resize.
  CHECK(pixels.best_threshold_accuracy == doctest::Approx(0.666).epsilon(0.02));
  CHECK(pixels.mean > 0.6);
  CHECK(pixels.mean < pixels.best_threshold_accuracy);
}
