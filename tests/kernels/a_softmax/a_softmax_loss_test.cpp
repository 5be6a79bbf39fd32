#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"
#include "tests/kernels/a_softmax/cases.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("a_softmax_loss: forward and backward agree with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", to_string(device));
      const ASoftmax& head = c.head;
      const Input in = draw(head);
      const Shape batch = {head.batch}, grid = {head.batch, head.classes};
      const Values x = to_double(in.x), v = to_double(in.v), w = reference::normalise_rows(v, head.size);
      const reference::Labels labels = to_vector(in.labels);
      const Values plain = plain_logits(head, x, w), logits = head.logits(x, w, labels);
      const Values expected_p = reference::softmax(logits, head.classes);
      const double expected_loss = reference::cross_entropy(logits, labels, head.classes);
      const Values dlogits = reference::cross_entropy_backward(logits, labels, head.classes, 0.75);
      const auto exact = head.backward(x, w, labels, dlogits),
                 theirs = head.sphereface_backward(x, w, labels, dlogits);
      std::int32_t expected_correct = 0;
      for (std::int64_t b = 0; b < head.batch; ++b) {
        const auto row = plain.begin() + b * head.classes;
        expected_correct +=
            std::max_element(row, row + head.classes) - row == labels[static_cast<std::size_t>(b)];
      }
      const Tensor on_x = in.x.to(device), on_labels = in.labels.to(device),
                   unit = from_double(w, in.v.shape()).to(device);
      const Tensor x_length = from_double(reference::row_lengths(x, head.size), batch).to(device);
      const Tensor dloss = Tensor::full({}, 0.75f).to(device), products = from_double(plain, grid).to(device);

      const auto run = [&](MarginGradient gradient) {
        Tensor p = products.clone(), cosine = poisoned_on(device, batch), loss = poisoned_on(device, {});
        Tensor correct = Tensor::from<std::int32_t>(std::vector<std::int32_t>{-7}, {}).to(device);
        a_softmax_loss_forward(on_labels, x_length, options_of(head, gradient), p, cosine, loss, correct);
        Tensor workspace = p.clone(), dx = poisoned_on(device, in.x.shape()),
               dw = poisoned_on(device, in.v.shape());
        a_softmax_loss_backward(on_x, unit, on_labels, x_length, cosine, options_of(head, gradient), dloss,
                                workspace, dx, dw);
        return std::vector{p, loss, correct, cosine, dx, dw};
      };
      SameBits same, same_theirs;
      for_each_schedule(
          device,
          [&] {
            const std::vector<Tensor> found = run(MarginGradient::exact);
            CHECK(error_of(found[0], expected_p) < bound);
            CHECK(error_of(found[1], Values{expected_loss}) < bound);
            CHECK(found[2].to(Device::cpu).span<std::int32_t>()[0] == expected_correct);
            CHECK(error_of(found[4], exact.dx) < bound);
            CHECK(error_of(found[5], exact.dw) < bound);
            CHECK(same(found));
            // What is written in steps has the same cosine.
            Tensor logits_in_steps = products.clone(), cosine = poisoned_on(device, batch);
            a_softmax_forward(on_labels, x_length, options_of(head), logits_in_steps, cosine);
            CHECK(same_bits(cosine, found[3]));

            const std::vector<Tensor> found_theirs = run(MarginGradient::sphereface);
            CHECK(error_of(found_theirs[4], theirs.dx) < bound);
            CHECK(error_of(found_theirs[5], theirs.dw) < bound);
            CHECK(same_theirs(found_theirs));
          },
          work_of(head));
    }
}

TEST_CASE("a_softmax_loss: on the cpu, the bits of the functions that it is made of") {
  const ASoftmax head{7, 9, 11, 4, 5};
  for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface}) {
    const Input in = draw(head);
    const MarginOptions options = options_of(head, gradient);
    const Tensor products = random_tensor({7, 11}), x_length = Tensor::full({7}, 3.0f),
                 dloss = Tensor::full({}, 0.5f);
    Tensor p = products.clone(), cosine = poisoned({7}), loss = poisoned({}),
           correct = Tensor::zeros({}, DType::i32);
    Tensor dx = poisoned(in.x.shape()), dw = poisoned(in.v.shape());
    a_softmax_loss_forward(in.labels, x_length, options, p, cosine, loss, correct);
    Tensor workspace = p.clone();
    a_softmax_loss_backward(in.x, in.v, in.labels, x_length, cosine, options, dloss, workspace, dx, dw);

    Tensor p2 = products.clone(), cosine2 = poisoned({7}), loss2 = poisoned({}),
           correct2 = Tensor::zeros({}, DType::i32);
    Tensor dx2 = poisoned(in.x.shape()), dw2 = poisoned(in.v.shape());
    count_correct(p2, in.labels, correct2);
    a_softmax_forward(in.labels, x_length, options, p2, cosine2);
    softmax_cross_entropy_forward(p2, in.labels, p2, loss2);
    CHECK(same_bits(p, p2));
    softmax_cross_entropy_backward(p2, in.labels, dloss, p2);
    a_softmax_backward(in.x, in.v, in.labels, x_length, cosine2, options, p2, dx2, dw2);
    CHECK(same_bits(cosine, cosine2));
    CHECK(same_bits(loss, loss2));
    CHECK(same_bits(correct, correct2));
    CHECK(same_bits(dx, dx2));
    CHECK(same_bits(dw, dw2));
  }
}
