// Models and checkpoints on disk.
#include "nn/model_file.h"

#include <functional>

#include "nn/safetensors.h"
#include "tests/nn/support.h"
#include "tests/processes.h"

namespace hypersphere {
namespace {

using test::same_parameters;
using test::small_model;
using test::small_network;
using test::TemporaryFolder;

void randomise_momentum(Model& model) {
  for (Module* module : {static_cast<Module*>(model.network.get()), static_cast<Module*>(model.head.get())})
    for (const NamedParameter& named : module->parameters())
      named.parameter->momentum = test::random_tensor(named.parameter->variable.value().shape());
}

TrainingState sample_state() {
  return {.iteration = 1234,
          .position = 98765432101,
          .seed = 0xFFFFFFFFFFFFFFFF,
          .seconds = 0.1 + 0.2,
          .more = {{"photographs", "13233"}, {"note", ""}}};
}

// Writes `file` again with a change to what it holds.
void edit(const std::filesystem::path& file, const std::function<void(SafeTensors&)>& change) {
  SafeTensors content = read_safetensors(file);
  change(content);
  write_safetensors(file, content);
}

// What `whole` is, by way of a checkpoint that one process wrote.
void load_whole_into(Model& whole, Model& model, const std::filesystem::path& file, Communicator& ranks) {
  if (ranks.rank() == 0) save_checkpoint(file, whole, sample_state());
  ranks.barrier();
  load_checkpoint(file, model);
  ranks.barrier();
}

}  // namespace

TEST_CASE("a model comes back with everything that describes it") {
  const TemporaryFolder folder;
  for (const HeadOptions& head : {HeadOptions{}, HeadOptions{.kind = HeadKind::softmax},
                                  HeadOptions{.kind = HeadKind::modified_softmax, .margin = 1},
                                  HeadOptions{.margin = 2, .gradient = MarginGradient::sphereface},
                                  HeadOptions{.feature_scale = 0.1 + 0.2}}) {
    Model model = small_model(5, head, 7);
    model.preprocessing.crop = "77,64,173,176";
    model.identities = {"Ada", "Zoë", "a\nb", "\"", "", "Ada", "x y"};
    save_model(folder / "model", model);
    Model back = load_model(folder / "model");
    REQUIRE(back.head != nullptr);
    CHECK(same_parameters(*model.network, *back.network));
    CHECK(same_parameters(*model.head, *back.head));
    CHECK(back.network->options() == model.network->options());
    CHECK(back.head->options().kind == head.kind);
    CHECK(back.head->options().margin == head.margin);
    CHECK(back.head->options().gradient == head.gradient);
    CHECK(back.head->options().feature_scale == head.feature_scale);
    CHECK(back.head->classes() == 7);
    CHECK(back.preprocessing.crop == "77,64,173,176");
    CHECK(back.identities == model.identities);
  }
}

TEST_CASE("a model without its head, and one without a network") {
  const TemporaryFolder folder;
  Model model = small_model(5);
  model.head.reset();
  save_model(folder / "model", model);
  Model back = load_model(folder / "model");
  CHECK(back.head == nullptr);
  CHECK(same_parameters(*model.network, *back.network));
  CHECK_THROWS_AS(save_checkpoint(folder / "checkpoint", model, {}), Error);
  Model nothing;
  CHECK_THROWS_WITH_AS(save_model(folder / "nothing", nothing), doctest::Contains("nothing"), Error);
}

TEST_CASE("the metadata tells other programs what they must know") {
  const TemporaryFolder folder;
  Model model = small_model(5, {}, 7);
  save_model(folder / "model", model);
  const std::map<std::string, std::string> expected = {{"format", "hypersphere"},
                                                       {"format_version", "1"},
                                                       {"architecture", "sphereface-10"},
                                                       {"widths", "8,12,16,16"},
                                                       {"input_height", "32"},
                                                       {"input_width", "24"},
                                                       {"embedding", "16"},
                                                       {"head", "a-softmax"},
                                                       {"margin", "4"},
                                                       {"gradient", "exact"},
                                                       {"feature_scale", "0"},
                                                       {"classes", "7"},
                                                       {"layout", "NHWC"},
                                                       {"channel_order", "RGB"},
                                                       {"normalisation", "(value - 127.5) / 128"},
                                                       {"crop", ""}};
  CHECK(read_safetensors_metadata(folder / "model") == expected);
}

TEST_CASE("files that are no fitting model are refused with their name and the reason") {
  const TemporaryFolder folder;
  const auto file = folder / "model";
  Model model = small_model(5);
  const auto refused = [&](const std::function<void(SafeTensors&)>& change, const char* reason) {
    save_model(file, model);
    edit(file, change);
    CHECK_THROWS_WITH_AS(load_model(file), doctest::Contains(file.c_str()), Error);
    CHECK_THROWS_WITH_AS(load_model(file), doctest::Contains(reason), Error);
  };
  const auto set = [](const char* key, const char* value) {
    return [=](SafeTensors& content) { content.metadata[key] = value; };
  };
  refused([](SafeTensors& content) { content.metadata.clear(); }, "Hypersphere wrote it");
  refused(set("format_version", "2"), "format version 2, this build reads 1");
  refused(set("channel_order", "BGR"), "'channel_order' should be 'RGB', found 'BGR'");
  refused(set("architecture", "resnet-20"), "resnet-20");
  refused(set("architecture", "sphereface-21"), "found 21");
  refused(set("architecture", "sphereface-20x"), "should be a number");
  refused(set("architecture", "sphereface-36"), "describes a network of");
  refused(set("identities", R"(["one","two"])"), "found 2 identities");
  refused(set("identities", "one"), "'identities' should be a list of names");
  refused(set("widths", "8,12,16"), "'widths'");
  refused(set("widths", "8,12,16,16,16"), "'widths'");
  refused(set("widths", "8,12,16,"), "'widths'");
  refused(set("widths", "65536,65536,65536,65536"), "describes a network of");
  refused(set("widths", "8,12,16,99999999999"), "found 99999999999");
  refused(set("input_height", ""), "'input_height'");
  refused(set("embedding", "-1"), "embedding");
  refused(set("head", "arcface"), "arcface");
  refused(set("margin", "9"), "found 9");
  refused(set("feature_scale", "-1"), "feature_scale of 0 or more, found -1");
  refused(set("feature_scale", "thirty"), "'feature_scale' should be a number");
  refused(set("classes", "5"), "'head.weight': expected [5, 16], found [4, 16]");
  refused(set("classes", "99999999999999"), "'head.weight'");
  refused(set("head", "softmax"), "no tensor 'head.bias'");
  refused([](SafeTensors& content) { content.metadata.erase("crop"); }, "no 'crop'");
  refused([](SafeTensors& content) { content.metadata.erase("head"); }, "belongs to no part");
  refused([](SafeTensors& content) { content.tensors[0].first = "stage0.conv.weight"; },
          "'stage0.conv.weight' belongs to no part");
  refused([](SafeTensors& content) { content.tensors.erase(content.tensors.begin()); },
          "describes a network of");
  refused([](SafeTensors& content) { content.tensors.emplace_back("head.extra", Tensor::zeros({1})); },
          "'head.extra' belongs to no part");
  refused(
      [](SafeTensors& content) {
        Tensor& weight = content.tensors[0].second;
        weight = weight.reshape({8, 27});
      },
      "'stage1.conv.weight': expected f32 [8, 3, 3, 3], found f32 [8, 27]");
  refused(
      [](SafeTensors& content) {
        Tensor& weight = content.tensors[0].second;
        weight = Tensor::zeros(weight.shape(), DType::bf16);
      },
      "found bf16");
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    refused([&](SafeTensors& content) { content.tensors[0].second.span<float>()[5] = bad; },
            "'stage1.conv.weight': value 5 is not finite");
  test::write_bytes(file, "some text that is long enough to be read as a length");
  CHECK_THROWS_WITH_AS(load_model(file), doctest::Contains("no safetensors file"), Error);
}

TEST_CASE("a checkpoint restores weights, momentum and state bit for bit") {
  const TemporaryFolder folder;
  Model model = small_model(5), back = small_model(6);
  randomise_momentum(model);
  const TrainingState state = sample_state();
  save_checkpoint(folder / "checkpoint", model, state);
  const TrainingState read = load_checkpoint(folder / "checkpoint", back);
  CHECK(same_parameters(*model.network, *back.network, true));
  CHECK(same_parameters(*model.head, *back.head, true));
  CHECK(read.iteration == state.iteration);
  CHECK(read.position == state.position);
  CHECK(read.seed == state.seed);
  CHECK(read.seconds == state.seconds);
  CHECK(read.more == state.more);

  // A checkpoint can be used as a model, and is the same file when it is written again.
  Model used = load_model(folder / "checkpoint");
  CHECK(same_parameters(*model.network, *used.network));
  save_checkpoint(folder / "again", back, read);
  CHECK(test::read_bytes(folder / "again") == test::read_bytes(folder / "checkpoint"));
}

TEST_CASE("a checkpoint belongs to its identities; one without their names, to any") {
  const TemporaryFolder folder;
  Model model = small_model(5, {}, 2), other = small_model(6, {}, 2);
  model.identities = {"Ada", "Bob"};
  other.identities = {"Ada", "Eve"};
  save_checkpoint(folder / "named", model, {});
  CHECK_THROWS_WITH_AS(load_checkpoint(folder / "named", other), doctest::Contains("other identities"),
                       Error);
  model.identities = {};
  save_checkpoint(folder / "nameless", model, {});
  load_checkpoint(folder / "nameless", other);
  CHECK(same_parameters(*model.network, *other.network));
}

TEST_CASE("momentum that was never used is written as zero") {
  const TemporaryFolder folder;
  Model model = small_model(5), back = small_model(6);
  save_checkpoint(folder / "checkpoint", model, {});
  CHECK_FALSE(model.network->parameters()[0].parameter->momentum.defined());
  load_checkpoint(folder / "checkpoint", back);
  for (const NamedParameter& named : back.network->parameters())
    for (const float value : named.parameter->momentum.span<float>()) CHECK(value == 0);
}

TEST_CASE("a checkpoint of another run is refused and changes nothing") {
  const TemporaryFolder folder;
  const auto file = folder / "checkpoint";
  Model model = small_model(5);
  randomise_momentum(model);
  save_checkpoint(file, model, {});
  const auto refused = [&](Model other, const char* reason) {
    Model untouched = small_model(6, other.head->options(), other.head->classes());
    CHECK_THROWS_WITH_AS(load_checkpoint(file, other), doctest::Contains(file.c_str()), Error);
    CHECK_THROWS_WITH_AS(load_checkpoint(file, other), doctest::Contains(reason), Error);
    CHECK(same_parameters(*other.network, *untouched.network));
    CHECK_FALSE(other.network->parameters()[0].parameter->momentum.defined());
  };
  refused(small_model(6, {}, 5), "classes: this run has '5', the checkpoint '4'");
  refused(small_model(6, {.margin = 3}), "margin: this run has '3'");
  refused(small_model(6, {.kind = HeadKind::softmax}), "head: this run has 'softmax'");
  refused(small_model(6, {.gradient = MarginGradient::sphereface}), "gradient: this run has 'sphereface'");
  refused(small_model(6, {.feature_scale = 30}), "feature_scale: this run has '30', the checkpoint '0'");
  Model cropped = small_model(6);
  cropped.preprocessing.crop = "1,2,3,4";
  refused(std::move(cropped), "crop: this run has '1,2,3,4'");

  edit(file, [](SafeTensors& content) { content.tensors.pop_back(); });
  refused(small_model(6), "no tensor 'momentum.head.weight'");
  save_model(file, model);
  refused(small_model(6), "no 'state.iteration'");
  save_checkpoint(file, model, {});
  edit(file, [](SafeTensors& content) { content.metadata["state.seed"] = "1e3"; });
  refused(small_model(6), "'state.seed'");
}

TEST_CASE("files from before the feature scale was known have none") {
  const TemporaryFolder folder;
  const auto file = folder / "checkpoint";
  Model model = small_model(5);
  save_checkpoint(file, model, {.iteration = 3});
  edit(file, [](SafeTensors& content) { CHECK(content.metadata.erase("feature_scale") == 1); });
  CHECK(load_model(file).head->options().feature_scale == 0);
  Model back = small_model(6), scaled = small_model(6, {.feature_scale = 30});
  CHECK(load_checkpoint(file, back).iteration == 3);
  CHECK_THROWS_WITH_AS(load_checkpoint(file, scaled), doctest::Contains("the checkpoint '0'"), Error);
}

TEST_CASE("a network starts from a file, the head only where it fits") {
  const TemporaryFolder folder;
  const auto file = folder / "model";
  Model source = small_model(5, {.kind = HeadKind::softmax}, 4);
  save_model(file, source);

  Model same = small_model(6, {}, 4);
  randomise_momentum(same);
  CHECK(initialise_from(file, *same.network, *same.head));
  CHECK(same_parameters(*source.network, *same.network));
  CHECK(test::same_bits(source.head->parameters()[0].parameter->variable.value(),
                        same.head->parameters()[0].parameter->variable.value()));
  CHECK_FALSE(same.network->parameters()[0].parameter->momentum.defined());

  Model more_classes = small_model(6, {}, 9), untouched = small_model(6, {}, 9);
  CHECK_FALSE(initialise_from(file, *more_classes.network, *more_classes.head));
  CHECK(same_parameters(*source.network, *more_classes.network));
  CHECK(same_parameters(*untouched.head, *more_classes.head));
}

TEST_CASE("a network does not start from one of another depth or width") {
  const TemporaryFolder folder;
  const auto file = folder / "model";
  Model source = small_model(5);
  save_model(file, source);
  const auto refused = [&](SphereFaceOptions options, const char* reason) {
    SphereFace network(options), untouched(options);
    Head head({}, 16, 4);
    CHECK_THROWS_WITH_AS(initialise_from(file, network, head), doctest::Contains(reason), Error);
    CHECK(same_parameters(network, untouched));
  };
  SphereFaceOptions deeper = small_network(), shallower = small_network(), wider = small_network();
  deeper.depth = 20;
  shallower.depth = 4;
  wider.widths[3] = 17;
  refused(deeper, "no tensor 'stage1.unit0.conv1.weight'");
  refused(shallower, "'stage2.unit0.conv1.weight' belongs to no part");
  refused(wider, "'stage4.conv.weight': expected f32 [17, 3, 3, 16], found f32 [16, 3, 3, 16]");
}

TEST_CASE(
    "processes: a checkpoint of shared classes is one set of files, for as many processes as there are "
    "later") {
  const std::shared_ptr<Communicator> ranks = test::processes();
  const TemporaryFolder own;
  const std::filesystem::path folder = ranks->gather_text(own.path().string())[0];  // the first one's
  for (const HeadOptions& head : {HeadOptions{}, HeadOptions{.kind = HeadKind::softmax}}) {
    constexpr std::int64_t classes = 11;
    const auto shared_model = [&](std::uint64_t seed) {
      Model model = small_model(seed, head, classes);
      model.identities.assign(classes, "somebody");
      model.head = std::make_unique<Head>(head, small_network().embedding, classes, ranks);
      model.head->initialise(seed);
      return model;
    };
    const auto slice_of = [&](Head& whole,
                              const Head& shared) {  // the other head's part, as modules are compared
      auto part = std::make_unique<Head>(head, small_network().embedding, classes, ranks);
      for (std::size_t i = 0; i < whole.parameters().size(); ++i) {
        const Parameter& from = *whole.parameters()[i].parameter;
        Parameter& to = *part->parameters()[i].parameter;
        to.variable.value() = from.variable.value().slice(shared.range().first, shared.range().count);
        to.momentum = from.momentum.slice(shared.range().first, shared.range().count);
      }
      return part;
    };
    Model written = small_model(4, head, classes);  // the same in every process
    written.identities.assign(classes, "somebody");
    randomise_momentum(written);
    Model mine = shared_model(5);
    load_whole_into(written, mine, folder / "whole", *ranks);
    CHECK(same_parameters(*mine.head, *slice_of(*written.head, *mine.head), true));

    const std::filesystem::path file = folder / "iteration-00000007.safetensors";
    save_checkpoint(file, mine, sample_state(), ranks.get());
    // To each a part of it, and to one alone all of it.
    Model again = shared_model(6), alone = small_model(7, head, classes);
    alone.identities.assign(classes, "somebody");
    const TrainingState state = load_checkpoint(file, again);
    CHECK(state.iteration == sample_state().iteration);
    CHECK(same_parameters(*again.network, *written.network, true));
    CHECK(same_parameters(*again.head, *mine.head, true));
    load_checkpoint(file, alone);
    CHECK(same_parameters(*alone.head, *written.head, true));

    // The network for use, with the names of whom it was trained on and without their weights.
    if (ranks->rank() == 0) save_model(folder / "model", mine);
    ranks->barrier();
    const Model used = load_model(folder / "model");
    CHECK(used.head == nullptr);
    CHECK(used.identities == mine.identities);
    CHECK(same_parameters(*used.network, *written.network));

    // A part that is not there, or of another iteration, is damage that the checkpoint before can mend.
    const std::filesystem::path part = class_file(file, 0, ranks->size());
    if (ranks->size() > 1) {
      CHECK(list_checkpoints(folder).size() == 1);
      TrainingState later = sample_state();
      later.iteration = 8;
      const std::filesystem::path other = folder / "iteration-00000008.safetensors";
      save_checkpoint(other, mine, later, ranks.get());
      if (ranks->rank() == 0)
        std::filesystem::copy_file(class_file(other, 0, ranks->size()), part,
                                   std::filesystem::copy_options::overwrite_existing);
      ranks->barrier();
      CHECK_THROWS_WITH_AS(load_checkpoint(file, alone), doctest::Contains("another iteration"), DamagedFile);
      ranks->barrier();
      if (ranks->rank() == 0) std::filesystem::remove(part);
      ranks->barrier();
      CHECK_THROWS_WITH_AS(load_checkpoint(file, alone), doctest::Contains("is not there"), DamagedFile);
      ranks->barrier();
      if (ranks->rank() == 0) {
        std::filesystem::remove(other);
        remove_forsaken_class_files(folder);
        CHECK(!std::filesystem::exists(class_file(other, 1, ranks->size())));
        CHECK(std::filesystem::exists(class_file(file, 1, ranks->size())));
      }
    }
    ranks->barrier();
    if (ranks->rank() == 0)
      for (const auto& entry : std::filesystem::directory_iterator(folder))
        std::filesystem::remove(entry.path());
    ranks->barrier();
  }
}

TEST_CASE("checkpoints are listed by iteration, other files are not") {
  const TemporaryFolder folder;
  CHECK(list_checkpoints(folder / "absent").empty());
  CHECK(list_checkpoints(folder.path()).empty());
  CHECK(checkpoint_path("runs", 1200) == std::filesystem::path("runs/iteration-00001200.safetensors"));
  for (const std::int64_t iteration : {200, 123456789, 100, 99999999})
    test::write_bytes(checkpoint_path(folder.path(), iteration), "");
  for (const char* other :
       {"iteration-.safetensors", "iteration-12.txt", "iteration-1x.safetensors", "iteration--5.safetensors",
        "iteration-00000100.safetensors.1.2.tmp", "model.safetensors"})
    test::write_bytes(folder / other, "");
  std::vector<std::filesystem::path> expected;
  for (const std::int64_t iteration : {100, 200, 99999999, 123456789})
    expected.push_back(checkpoint_path(folder.path(), iteration));
  CHECK(list_checkpoints(folder.path()) == expected);
  test::write_bytes(folder / "file", "");
  CHECK_THROWS_WITH_AS(list_checkpoints(folder / "file"), doctest::Contains("cannot be listed"), Error);
}

}  // namespace hypersphere
