#include "apps/data/synthetic.h"

#include <system_error>

#include "apps/data/face_model.h"
#include "apps/data/face_painter.h"
#include "tensor/error.h"

namespace hypersphere {

Image draw_face(std::uint64_t seed, int identity, int image) {
  return paint_face(draw_person(seed, identity), draw_shot(seed, identity, image));
}

void synthesise(const std::filesystem::path& out, int identities, int images, std::uint64_t seed,
                const std::function<void(int done, int total)>& progress) {
  namespace fs = std::filesystem;
  expect(identities >= 1 && images >= 1 && std::int64_t{identities} * images <= 100'000'000,
         "synthesise: expected at least one identity and one image of each, and at most 100 million in all; "
         "found {} "
         "and {}",
         identities, images);
  std::error_code error;
  if (fs::exists(out, error))
    expect(fs::is_directory(out, error) && fs::is_empty(out, error),
           "synthesise: {} exists and is not an empty folder; name another one", out.string());
  for (int identity = 0; identity < identities; ++identity) {
    const std::string name = fmt::format("id_{:04}", identity);
    fs::create_directories(out / name, error);
    expect(!error, "synthesise: cannot make the folder {}: {}", (out / name).string(), error.message());
    for (int image = 0; image < images; ++image)
      write_jpeg(out / name / fmt::format("{}_{:04}.jpg", name, image + 1), draw_face(seed, identity, image),
                 92);
    if (progress) progress((identity + 1) * images, identities * images);
  }
}

}  // namespace hypersphere
