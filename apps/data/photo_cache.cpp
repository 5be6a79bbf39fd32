#include "apps/data/photo_cache.h"

#include <cstring>

#include "tensor/error.h"

namespace hypersphere {

PhotoCache::PhotoCache(std::vector<Photograph> photographs, Framing framing, int width, int height,
                       Margin margin, std::size_t budget_bytes)
    : photographs_(std::move(photographs)),
      framing_(std::move(framing)),
      width_(width),
      height_(height),
      margin_(margin),
      bytes_(std::size_t{3} * static_cast<std::size_t>(width + 2 * margin.x) *
             static_cast<std::size_t>(height + 2 * margin.y)),
      pixels_(photographs_.size()),
      budget_(budget_bytes) {}

std::optional<std::string> PhotoCache::fetch(std::int64_t index, std::uint8_t* target) {
  const auto i = static_cast<std::size_t>(index);
  const std::uint8_t* kept = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (const auto bad = bad_.find(i); bad != bad_.end()) return bad->second;
    kept = pixels_[i].get();
  }
  if (kept != nullptr) {
    std::memcpy(target, kept, bytes_);
    return std::nullopt;
  }
  try {
    const Image image = read_framed(photographs_[i].path, framing_, width_, height_, margin_);
    std::memcpy(target, image.pixels.data(), bytes_);
  } catch (const Error& error) {
    std::lock_guard lock(mutex_);
    return bad_.emplace(i, error.what()).first->second;
  }
  {
    std::lock_guard lock(mutex_);
    if (pixels_[i] != nullptr || budget_ < bytes_)
      return std::nullopt;  // another thread was first, or no memory left
    budget_ -= bytes_;
  }
  auto copy = std::make_unique<std::uint8_t[]>(bytes_);
  std::memcpy(copy.get(), target, bytes_);
  std::lock_guard lock(mutex_);
  if (pixels_[i] == nullptr)
    pixels_[i] = std::move(copy);
  else
    budget_ += bytes_;
  return std::nullopt;
}

}  // namespace hypersphere
