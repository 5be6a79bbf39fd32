// The progress bar of commands that embed photographs.
#pragma once

#include <string>
#include <utility>

#include "apps/evaluation/features.h"
#include "apps/report/progress.h"
#include "apps/report/stopwatch.h"

namespace hypersphere {

/// What work(FeatureProgress) gives, while a bar called `title` shows how many of the photographs are done.
template <class Work>
auto with_embedding_progress(const std::string& title, std::int64_t photographs, Work&& work) {
  Progress progress(title, static_cast<double>(photographs));
  const Stopwatch watch;
  auto result = std::forward<Work>(work)(FeatureProgress([&](std::int64_t done, std::int64_t) {
    progress.update(static_cast<double>(done), static_cast<double>(done) / watch.seconds());
  }));
  progress.finish();
  return result;
}

}  // namespace hypersphere
