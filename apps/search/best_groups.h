// The best few groups of a stream of values.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <unordered_map>
#include <vector>

#include "apps/search/nearest.h"

namespace hypersphere {

/// Keeps the `most` groups with the largest values, each with its best row; of equal values the lower row is better. What
/// an offer costs that does not enter is a comparison with threshold(), by whoever makes it.
class BestGroups {
 public:
  explicit BestGroups(std::int64_t most) : most_(most) {}

  /// Nothing less can enter: the value of the last group that is kept, -infinity while there is room.
  double threshold() const { return threshold_; }

  void offer(std::int32_t group, const Match& match) {
    const auto own = place_.find(group);
    if (own != place_.end()) {
      if (!Better()(match, own->second->match)) return;
      kept_.erase(own->second);
      own->second = kept_.insert({match, group}).first;
    } else {
      place_.emplace(group, kept_.insert({match, group}).first);
      if (std::ssize(kept_) > most_) {
        const auto last = std::prev(kept_.end());
        place_.erase(last->group);
        kept_.erase(last);
      }
    }
    if (std::ssize(kept_) == most_) threshold_ = std::prev(kept_.end())->match.cosine;
  }

  /// The best first.
  std::vector<Match> matches() const {
    std::vector<Match> result;
    for (const Entry& entry : kept_) result.push_back(entry.match);
    return result;
  }

 private:
  struct Better {
    bool operator()(const Match& a, const Match& b) const {
      return a.cosine > b.cosine || (a.cosine == b.cosine && a.row < b.row);
    }
  };
  struct Entry {
    Match match;
    std::int32_t group;
    bool operator<(const Entry& other) const { return Better()(match, other.match); }
  };

  std::int64_t most_;
  double threshold_ = -std::numeric_limits<double>::infinity();
  std::set<Entry> kept_;
  std::unordered_map<std::int32_t, std::set<Entry>::iterator> place_;
};

}  // namespace hypersphere
