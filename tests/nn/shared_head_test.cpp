// A head whose classes several processes share out, against the same head in one; and heads that compute with some of
// their classes, against heads that have no others.
#include <algorithm>
#include <string>

#include "cluster/nccl.h"
#include "nn/head.h"
#include "tensor/share.h"
#include "tests/kernels/devices.h"
#include "tests/nn/support.h"
#include "tests/processes.h"

namespace hypersphere {
namespace {

constexpr std::int64_t embedding = 6;

struct Found {
  Tensor loss, correct, dx, dw, dbias;
};

Found found_by(Head& head, const Tensor& x, const Tensor& labels, std::int64_t all_rows,
               const ClassSample* sample = nullptr) {
  Variable features(x, true);
  Head::Result result = head.forward(features, labels, 3, all_rows, sample);
  result.loss.backward();
  const auto gradient = [&](std::size_t i) {
    return i < head.parameters().size() ? head.parameters()[i].parameter->variable.gradient().to(Device::cpu)
                                        : Tensor();
  };
  return {result.loss.value().to(Device::cpu), result.correct.to(Device::cpu),
          features.gradient().to(Device::cpu), gradient(0), gradient(1)};
}

void check_near(const std::string& what, const Tensor& found, const Tensor& expected) {
  CAPTURE(what);
  REQUIRE(found.shape() == expected.shape());
  if (found.size() == 0) return;
  // A sum of few terms, none much above 1, may cancel down to their rounding.
  CHECK(test::relative_error(found.span<float>(), expected.span<float>(), 0.01) < 1e-5);
}

// Short features: where a probability is near 1, what the gradient has of its distance from 1 is rounding.
const HeadOptions heads[] = {{.kind = HeadKind::softmax},
                             {.kind = HeadKind::modified_softmax},
                             {.margin = 2, .gradient = MarginGradient::sphereface},
                             {.margin = 4},
                             {.margin = 3, .feature_scale = 2}};

// What a shared head's parameters are of one that has all classes.
Tensor mine(const Tensor& all, const Head& head) { return all.slice(head.range().first, head.range().count); }

ClassSample on(const ClassSample& sample, Device device) {
  return {sample.rows.to(device), sample.labels.to(device), sample.classes};
}

}  // namespace

TEST_CASE(
    "processes: shared head: loss, count and gradients of all rows are those of one process with all "
    "classes") {
  const test::OneThread guard;
  const std::shared_ptr<Communicator> host = test::processes();
  for (const Device device : test::devices())
    for (const HeadOptions& options : heads)
      for (const auto& sizes :
           {std::pair<std::int64_t, std::int64_t>{host->size(), host->size()}, {11, 23}}) {
        const std::int64_t rows = sizes.first,
                           classes = sizes.second;  // Clang 14 captures no structured bindings
        CAPTURE(to_string(device));
        CAPTURE(to_string(options.kind));
        CAPTURE(classes);
        const std::shared_ptr<Communicator> ranks = communicator_for(host, device);
        Head whole(options, embedding, classes), shared(options, embedding, classes, ranks);
        CHECK(shared.is_shared());
        whole.initialise(9);
        shared.initialise(9);
        CHECK(test::same_bits(shared.weight(), mine(whole.weight(), shared)));  // of whatever process it is
        for (std::size_t i = 0; i < whole.parameters().size(); ++i) {
          const Tensor drawn =
              test::random_tensor(whole.parameters()[i].parameter->variable.value().shape(), 0.5f);
          whole.parameters()[i].parameter->variable.value().copy_from(drawn);
          shared.parameters()[i].parameter->variable.value().copy_from(mine(drawn, shared));
        }
        whole.to(device);
        shared.to(device);
        const Tensor x = test::random_tensor({rows, embedding}, 0.5f),
                     labels = test::random_labels(rows, classes);
        const Found expected = found_by(whole, x.to(device), labels.to(device), rows);
        const Share share = share_of(rows, host->rank(), host->size());
        const Found found = found_by(shared, x.slice(share.begin, share.count()).to(device),
                                     labels.slice(share.begin, share.count()).to(device), rows);
        check_near("loss", found.loss, expected.loss);
        CHECK(found.correct.span<std::int32_t>()[0] == expected.correct.span<std::int32_t>()[0]);
        check_near("dx", found.dx, expected.dx.slice(share.begin, share.count()));
        check_near("dw", found.dw, mine(expected.dw, shared));
        if (expected.dbias.defined()) check_near("dbias", found.dbias, mine(expected.dbias, shared));
      }
}

TEST_CASE(
    "processes: a head with some of its classes is one that has no others; the others' gradients are 0") {
  const test::OneThread guard;
  const std::shared_ptr<Communicator> host = test::processes();
  const std::int64_t rows = 7, classes = 40;
  for (const Device device : test::devices())
    for (const bool share_out : {false, true})
      for (const HeadOptions& options : heads) {
        CAPTURE(to_string(device));
        CAPTURE(share_out);
        CAPTURE(to_string(options.kind));
        const std::shared_ptr<Communicator> ranks = share_out ? communicator_for(host, device) : nullptr;
        const int rank = share_out ? host->rank() : 0, size = share_out ? host->size() : 1;
        const Tensor w = test::random_tensor({classes, embedding}, 0.5f),
                     x = test::random_tensor({rows, embedding}, 0.5f),
                     labels = test::random_labels(rows, classes);
        // Everybody draws for everybody, to know which classes there are.
        std::vector<std::int32_t> drawn;
        std::optional<ClassSample> sample;
        for (int r = 0; r < size; ++r) {
          const ClassSample of_r = draw_classes(labels.span<std::int32_t>(), classes, r, size, 0.4, 3, 5);
          for (const std::int32_t row : of_r.rows.span<std::int32_t>())
            drawn.push_back(row + static_cast<std::int32_t>(share_of(classes, r, size).begin));
          if (r == rank) sample = of_r;
        }
        CHECK(std::ranges::is_sorted(drawn));
        const auto drawn_count = std::ssize(drawn);
        Head few(options, embedding, drawn_count), sampled(options, embedding, classes, ranks);
        Tensor few_labels = labels.clone();
        for (std::int32_t& label : few_labels.span<std::int32_t>())
          label = static_cast<std::int32_t>(std::ranges::lower_bound(drawn, label) - drawn.begin());
        Tensor few_w = Tensor::empty({drawn_count, embedding});
        for (std::int64_t s = 0; s < drawn_count; ++s) {
          Tensor place = few_w.slice(s, 1);
          place.copy_from(w.slice(drawn[static_cast<std::size_t>(s)], 1));
        }
        few.parameters()[0].parameter->variable.value().copy_from(few_w);
        sampled.parameters()[0].parameter->variable.value().copy_from(mine(w, sampled));
        few.to(device);
        sampled.to(device);
        const Found expected = found_by(few, x.to(device), few_labels.to(device), rows);
        const Share share = share_of(rows, rank, size);
        const ClassSample here = on(*sample, device);
        const Found found = found_by(sampled, x.slice(share.begin, share.count()).to(device),
                                     labels.slice(share.begin, share.count()).to(device), rows, &here);
        check_near("loss", found.loss, expected.loss);
        CHECK(found.correct.span<std::int32_t>()[0] == expected.correct.span<std::int32_t>()[0]);
        check_near("dx", found.dx, expected.dx.slice(share.begin, share.count()));
        Tensor dw = Tensor::zeros({classes, embedding});
        for (std::int64_t s = 0; s < drawn_count; ++s) {
          Tensor place = dw.slice(drawn[static_cast<std::size_t>(s)], 1);
          place.copy_from(expected.dw.slice(s, 1));
        }
        check_near("dw", found.dw, mine(dw, sampled));
      }
}

TEST_CASE("processes: a head needs a class for each process") {
  const std::shared_ptr<Communicator> ranks = test::processes();
  if (ranks->size() == 1) return;
  CHECK_THROWS_WITH_AS(Head({}, 4, ranks->size() - 1, ranks), doctest::Contains("cannot be shared out"),
                       Error);
}

}  // namespace hypersphere
