// Batches arrive whole, in order, and when they are received.
#include "kernels/cuda/upload.h"

#include <doctest/doctest.h>

#include "kernels/elementwise/elementwise.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"

namespace hypersphere {
namespace {

using test::random_labels;
using test::random_tensor;
using test::same_bits;

}  // namespace

TEST_CASE("upload: two batches on their way, received one after the other") {
  if (!cuda::unavailable().empty()) {
    MESSAGE("skipped: " << cuda::unavailable());
    return;
  }
  // 33 and 7 elements: the second tensor does not begin where the first one ends.
  Tensor values = Tensor::zeros({33}, DType::f32, Device::cuda),
         labels = Tensor::zeros({7}, DType::i32, Device::cuda);
  cuda::Uploader uploader({values, labels});
  CHECK_FAILS(uploader.receive(), "nothing was sent");
  std::vector<std::vector<Tensor>> sent;
  const auto send = [&] {
    std::vector<Tensor> batch = {random_tensor({33}), random_labels(7, 1000)};
    sent.push_back({batch[0].clone(), batch[1].clone()});
    uploader.send(batch);
    for (Tensor& tensor : batch) tensor.set_zero();  // they may be changed at once
  };
  const auto check_received = [&](std::size_t number) {
    CHECK(same_bits(values, sent[number][0]));
    CHECK(same_bits(labels, sent[number][1]));
  };
  send();
  CHECK(same_bits(values, Tensor::zeros({33})));
  for (std::size_t i = 0; i < 5; ++i) {
    send();
    CHECK(uploader.waiting() == 2);
    CHECK_FAILS(uploader.send(sent[0]), "2 batches wait already");
    uploader.receive();
    Tensor doubled = values.clone();  // work in the order of the compute stream
    add(values, values, doubled);
    check_received(i);
    Tensor expected = Tensor::empty({33});
    add(sent[i][0], sent[i][0], expected);
    CHECK(same_bits(doubled, expected));
  }
  uploader.receive();
  check_received(5);
  CHECK(uploader.waiting() == 0);
}

TEST_CASE("upload: unfit tensors") {
  if (!cuda::unavailable().empty()) return;
  CHECK_FAILS(cuda::Uploader({Tensor::zeros({3})}), "expected targets on cuda");
  cuda::Uploader uploader({Tensor::zeros({3}, DType::f32, Device::cuda)});
  CHECK_FAILS(uploader.send({}), "expected 1 tensors");
  CHECK_FAILS(uploader.send({Tensor::zeros({4})}), "[3]");
  CHECK_FAILS(uploader.send({Tensor::zeros({3}, DType::i32)}), "f32");
  CHECK_FAILS(uploader.send({Tensor::zeros({3}, DType::f32, Device::cuda)}), "on the cpu");
  CHECK(uploader.waiting() == 0);
}

}  // namespace hypersphere
