// The folder of an ablation: a folder for each cell's run, their results, and what they come to together.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/report/ablation_result.h"
#include "apps/training/folder_lock.h"

namespace hypersphere {

/// Every option that has a say in a cell's figures and is the same for all cells, by name (without dashes), as text.
using AblationSettings = std::map<std::string, std::string>;

class AblationFolder {
 public:
  /// Locks the folder, creating it. Throws Error as FolderLock, and where something was trained in it with other settings,
  /// naming what differs.
  AblationFolder(std::filesystem::path folder, AblationSettings settings);

  /// Where the cell's run lies.
  std::filesystem::path run(const AblationCell& cell) const { return folder_ / folder_name(cell); }
  /// Whether its run was begun and left nothing but what to go on from.
  bool begun(const AblationCell& cell) const;
  /// What result.json in the cell's folder holds; nothing where there is none. Throws Error for a file that cannot be read,
  /// and for one of other settings.
  std::optional<AblationResult> result(const AblationCell& cell) const;
  /// Writes result.json: the result, the cell and the settings. The checkpoints of a run that came to its end are
  /// removed; its model stays.
  void keep(const AblationCell& cell, const AblationResult& result) const;

  /// Writes what the cells come to, each file whole or not at all:
  ///   ablation.json             settings, and each cell with its result, where there is one
  ///   ablation.md, ablation.csv see apps/report/ablation_table.h
  ///   accuracy_by_margin.svg, accuracy_by_depth.svg
  void write_report(const std::vector<AblationOutcome>& cells) const;

 private:
  std::filesystem::path folder_;
  AblationSettings settings_;
  FolderLock lock_;
};

}  // namespace hypersphere
