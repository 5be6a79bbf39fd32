#include "apps/presets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "apps/train_options.h"

namespace hypersphere {
namespace {

using Words = std::vector<std::string>;
using Options = std::map<std::string, std::string>;

// What --show-config prints for a command line, by names; options without a value are left out.
Options options_of(Words arguments) {
  CLI::App app;
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  CLI::App* command = app.add_subcommand("train");
  TrainOptions options;
  options.add_to(*command);
  options.add_show_config(*command);
  arguments.insert(arguments.begin(), {"train", "--show-config", "--device", "cpu"});
  arguments = expand_config(std::move(arguments));
  std::ranges::reverse(arguments);
  app.parse(arguments);
  CHECK(options.only_show());
  std::istringstream text(options.resolve(*command).config);
  Options found;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(text)) {
    std::string value;
    for (const std::string& input : item.inputs) value += (value.empty() ? "" : ",") + input;
    if (!value.empty()) found[item.name] = value;
  }
  return found;
}

// A configuration that lives as long as the test.
class Configuration {
 public:
  explicit Configuration(const std::string& text) {
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("hypersphere-{:08x}.toml", std::random_device()());
    std::ofstream(path_) << text;
  }
  ~Configuration() { std::filesystem::remove(path_); }
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("presets: each has a name of its own and gives no option twice") {
  std::set<std::string> names;
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    CHECK(names.insert(preset.name).second);
    CHECK_FALSE(preset.explanation.empty());
    CHECK(find_preset(preset.name) == &preset);
    std::set<std::string> options;
    for (const auto& [name, value] : preset.options) CHECK(options.insert(name).second);
  }
  CHECK(find_preset("none") == nullptr);
}

TEST_CASE("presets: each parses, and differs from the defaults by its list and nothing else") {
  const Options defaults = options_of({});
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    Options expected = defaults;
    expected["preset"] = preset.name;
    for (const auto& [name, value] : preset.options) expected[name] = value;
    CHECK(options_of({"--preset", preset.name}) == expected);
  }
  CHECK(options_of({"--preset", "paper"}).at("gradient") == "sphereface");
  CHECK(options_of({"--preset=small"}).at("rotate") == "8");
  CHECK_THROWS_AS(options_of({"--preset", "none"}), CLI::ValidationError);
}

TEST_CASE("presets: defaults, then the preset, then the configuration, then the command line") {
  const Options small = options_of({"--preset", "small"});
  REQUIRE(small.at("batch") == "32");
  REQUIRE(small.at("shift") == "4");
  const Configuration some("batch = 7\nshift = 1\nmomentum = 0.5\n");
  const Options configured = options_of({"--config", some.path(), "--preset", "small"});
  CHECK(configured.at("batch") == "7");
  CHECK(configured.at("shift") == "1");
  CHECK(configured.at("momentum") == "0.5");
  CHECK(configured.at("rotate") == small.at("rotate"));
  const Options given =
      options_of({"--batch", "9", "--config", some.path(), "--preset", "small", "--rotate=2"});
  CHECK(given.at("batch") == "9");
  CHECK(given.at("rotate") == "2");
  CHECK(given.at("shift") == "1");
  CHECK(given.at("warmup") == small.at("warmup"));

  // A configuration may name the preset; the command line's wins.
  const Configuration named("preset = \"small\"\nbatch = 7\n");
  CHECK(options_of({"--config", named.path()}).at("rotate") == "8");
  CHECK(options_of({"--config", named.path()}).at("batch") == "7");
  const Options paper = options_of({"--config", named.path(), "--preset", "paper"});
  CHECK(paper.at("preset") == "paper");
  CHECK(paper.at("gradient") == "sphereface");
  CHECK(paper.at("rotate") == "0");
  const Configuration unknown("preset = \"huge\"\n");
  CHECK_THROWS_AS(options_of({"--config", unknown.path()}), CLI::ValidationError);
}

TEST_CASE("presets: of a budget the strongest source's counts, and no other is left over") {
  CHECK(options_of({"--preset", "small"}).at("minutes") == "40");
  const Options epochs = options_of({"--preset", "small", "--epochs", "3"});
  CHECK(epochs.at("epochs") == "3");
  CHECK_FALSE(epochs.contains("minutes"));
  const Configuration iterations("iterations = 5\nepochs = \"\"\n");
  const Options five = options_of({"--preset", "small", "--config", iterations.path()});
  CHECK(five.at("iterations") == "5");
  CHECK_FALSE(five.contains("minutes"));
  const Options two = options_of({"--preset", "small", "--config", iterations.path(), "--minutes", "2"});
  CHECK(two.at("minutes") == "2");
  CHECK_FALSE(two.contains("iterations"));
  CHECK_THROWS_AS(options_of({"--iterations", "5", "--minutes", "2"}), CLI::ValidationError);
}

TEST_CASE("presets: the configuration that a run writes repeats it, whatever the preset is later") {
  const Options run =
      options_of({"--preset", "small", "--minutes", "1", "--crop", "1,2,30,40", "--hold-out-seed", "9"});
  std::string text;
  for (const auto& [name, value] : run) text += name + " = \"" + value + "\"\n";
  const Configuration kept(text);
  CHECK(options_of({"--config", kept.path()}) == run);
  CHECK(run.at("hold-out-seed") == "9");
}

}  // namespace hypersphere
