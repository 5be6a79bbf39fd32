// The margin of classes that come in parts, against that of all at once.
#include "tests/kernels/a_softmax/cases.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("a_softmax_margin: the label's logit and cosine agree with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", to_string(device));
      const ASoftmax& head = c.head;
      const Input in = draw(head);
      const Shape batch = {head.batch};
      const Values x = to_double(in.x), w = reference::normalise_rows(to_double(in.v), head.size);
      const reference::Labels labels = to_vector(in.labels);
      const Values products = plain_logits(head, x, w), changed = head.logits(x, w, labels);
      Values plain, target, cosines;
      for (const double angle : head.angles(x, w, labels)) cosines.push_back(std::cos(angle));
      for (std::int64_t b = 0; b < head.batch; ++b) {
        const std::int64_t place = b * head.classes + labels[static_cast<std::size_t>(b)];
        plain.push_back(reference::at(products, place));
        target.push_back(reference::at(changed, place));
      }
      const Tensor x_length = from_double(reference::row_lengths(x, head.size), batch).to(device);
      SameBits same;
      for_each_schedule(device, [&] {
        Tensor logit = from_double(plain, batch).to(device), cosine = poisoned_on(device, batch);
        a_softmax_margin(logit, x_length, options_of(head), cosine, logit);
        CHECK(error_of(logit, target) < bound);
        CHECK(error_of(cosine, cosines) < bound);
        CHECK(same({logit, cosine}));
      });
    }
}

TEST_CASE("a_softmax_part_gradient: the oracle's gradients, from two parts of the classes") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", to_string(device));
      const ASoftmax& head = c.head;
      const Input in = draw(head);
      const Shape batch = {head.batch};
      const Values x = to_double(in.x), w = reference::normalise_rows(to_double(in.v), head.size);
      const reference::Labels labels = to_vector(in.labels);
      const Tensor dlogits = random_tensor({head.batch, head.classes});
      const Values given = to_double(dlogits);
      Values cosines;
      for (const double angle : head.angles(x, w, labels)) cosines.push_back(std::cos(angle));
      const Tensor x_length = from_double(reference::row_lengths(x, head.size), batch).to(device),
                   cosine = from_double(cosines, batch).to(device), on_labels = in.labels.to(device);
      const std::int64_t middle = (head.classes + 1) / 2;
      for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface}) {
        const Values expected =
            (gradient == MarginGradient::exact ? head.backward(x, w, labels, given)
                                               : head.sphereface_backward(x, w, labels, given))
                .dx;
        SameBits same;
        for_each_schedule(device, [&] {
          Tensor radial = poisoned_on(device, batch);
          Values dx(x.size(), 0.0);  // dlogits w of both parts, in double
          for (const auto& [first, count] :
               {std::pair{std::int64_t{0}, middle}, {middle, head.classes - middle}}) {
            Tensor part = Tensor::empty({head.batch, count});
            for (std::int64_t b = 0; b < head.batch; ++b)
              std::copy_n(dlogits.data<float>() + b * head.classes + first, count,
                          part.data<float>() + b * count);
            Tensor on_part = part.to(device);
            if (count > 0)
              a_softmax_part_gradient(on_labels, x_length, cosine, options_of(head, gradient), first, on_part,
                                      radial);
            const Values found = to_double(on_part);
            for (std::int64_t b = 0; b < head.batch; ++b)
              for (std::int64_t j = 0; j < count; ++j)
                for (std::int64_t i = 0; i < head.size; ++i)
                  reference::at(dx, b * head.size + i) +=
                      reference::at(found, b * count + j) * reference::at(w, (first + j) * head.size + i);
          }
          const Values along_x = to_double(radial);
          for (std::int64_t b = 0; b < head.batch; ++b)
            for (std::int64_t i = 0; i < head.size; ++i)
              reference::at(dx, b * head.size + i) +=
                  reference::at(along_x, b) * reference::at(x, b * head.size + i);
          CHECK(relative_error(dx, expected) < bound);
          CHECK(same({radial}));
        });
      }
    }
}

TEST_CASE("a_softmax_margin, a_softmax_part_gradient, add_scaled_rows: what does not fit is named") {
  const Tensor row = random_tensor({2}), three = random_tensor({3}), labels = random_labels(2, 4),
               x = random_tensor({2, 3});
  Tensor cosine = poisoned({2}), target = poisoned({2}), wrong = poisoned({3}),
         dlogits = random_tensor({2, 4});
  CHECK_FAILS(a_softmax_margin(row, three, {}, cosine, target), "a_softmax_margin: expected x_length");
  CHECK_FAILS(a_softmax_margin(row, row, {5, 0}, cosine, target), "a_softmax_margin: expected a margin");
  CHECK_FAILS(a_softmax_margin(row, row, {4, -1}, cosine, target),
              "a_softmax_margin: expected a finite lambda");
  CHECK_FAILS(a_softmax_part_gradient(labels, row, row, {}, -1, dlogits, target), "expected a first class");
  CHECK_FAILS(a_softmax_part_gradient(labels, row, row, {}, 0, dlogits, wrong), "expected radial");
  CHECK_FAILS(a_softmax_part_gradient(row, row, row, {}, 0, dlogits, target), "expected labels");
  CHECK_FAILS(add_scaled_rows(three, x, dlogits), "add_scaled_rows: expected radial");
  CHECK_FAILS(add_scaled_rows(row, x, dlogits), "add_scaled_rows: expected dx");
}
