// Nobody is tested on what was trained on: who is let through, and every refusal.
#include "apps/evaluation/trained_on.h"

#include <doctest/doctest.h>

#include "tests/apps/data/scratch.h"
#include "tests/kernels/checks.h"

namespace hypersphere::test {
namespace {

using Names = std::vector<std::string>;

// `images` photographs of each person, data/NAME/NAME_1.jpg and so on.
Dataset folder(const Names& people, int images) {
  Dataset dataset;
  for (const std::string& name : people) {
    for (int k = 1; k <= images; ++k)
      dataset.photographs.push_back({fmt::format("data/{}/{}_{}.jpg", name, name, k),
                                     static_cast<std::int32_t>(dataset.identities.size())});
    dataset.identities.push_back(name);
  }
  return dataset;
}

Names paths(const Dataset& dataset) {
  Names result;
  for (const Photograph& photograph : dataset.photographs) result.push_back(photograph.path);
  return result;
}

TEST_CASE("open set: everybody whom the model never saw, with all photographs") {
  const Dataset people = open_set(folder({"Ann", "Bob", "Cy", "Dee"}, 2),
                                  {.model = "m", .identities = {"Bob", "Zoe"}}, {}, false);
  CHECK(people.identities == Names{"Ann", "Cy", "Dee"});
  CHECK(paths(people) == Names{"data/Ann/Ann_1.jpg", "data/Ann/Ann_2.jpg", "data/Cy/Cy_1.jpg",
                               "data/Cy/Cy_2.jpg", "data/Dee/Dee_1.jpg", "data/Dee/Dee_2.jpg"});
  CHECK(people.photographs[4].label == 2);
}

TEST_CASE("open set: those named, or a refusal that says how many of them were trained on") {
  const Dataset all = folder({"Ann", "Bob", "Cy", "Dee", "Eve"}, 1);
  const TrainedOn trained{.model = "m", .identities = {"Bob", "Cy", "Dee", "Eve"}};
  CHECK(open_set(all, {.model = "m", .identities = {"Bob"}}, {"Ann", "Eve"}, false).identities ==
        Names{"Ann", "Eve"});
  CHECK_FAILS(open_set(all, trained, {"Ann", "Cy"}, false), "1 of the 2 people named were trained on");
  CHECK_FAILS(open_set(all, trained, {"Dee", "Ann", "Cy", "Eve", "Bob"}, false),
              "4 of the 5 people named were trained on, and nobody may be in both: Dee, Cy, Eve, ...");
  // Trust is for models that say nothing; what this one says counts.
  CHECK_FAILS(open_set(all, trained, {"Ann", "Cy"}, true), "1 of the 2");
  CHECK_FAILS(open_set(all, trained, {"Ann", "Nobody"}, false), "Nobody");
  CHECK_FAILS(open_set(all, {.model = "m", .identities = all.identities}, {}, false), "all 5 people");
}

TEST_CASE(
    "open set: a model that does not say whom it saw is refused, unless somebody vouches for those named") {
  const Dataset all = folder({"Ann", "Bob"}, 1);
  const TrainedOn silent{.model = "old.safetensors", .identities = {}};
  CHECK_FAILS(open_set(all, silent, {}, false), "old.safetensors does not say whom it was trained on");
  CHECK_FAILS(open_set(all, silent, {"Ann"}, false), "--trust-identities");
  CHECK_FAILS(open_set(all, silent, {}, true), "--identities");
  CHECK(open_set(all, silent, {"Ann"}, true).identities == Names{"Ann"});
}

TEST_CASE("open set: a list's numbers are no names; the photographs' folders say who they were") {
  const Dataset all = folder({"Ann", "Bob"}, 1);
  TrainedOn numbered{.model = "m", .identities = {"0", "17"}};
  CHECK_FAILS(open_set(all, numbered, {}, false), "by number");
  CHECK(open_set(all, numbered, {"Bob"}, true).identities == Names{"Bob"});
  numbered.photographs = {"faces/Ann/x.jpg"};
  CHECK(open_set(all, numbered, {}, false).identities == Names{"Bob"});
  CHECK_FAILS(open_set(all, numbered, {"Ann"}, true), "1 of the 1");
  // Folders with leading zeros are names.
  CHECK(open_set(all, {.model = "m", .identities = {"0000045", "0000099"}}, {}, false).identities ==
        all.identities);
  // The list alone says it too, where the file holds no identities.
  CHECK(open_set(all, {.model = "m", .identities = {}, .photographs = Names{"Bob/1.jpg"}}, {}, false)
            .identities == Names{"Ann"});
}

TEST_CASE("closed set: the people trained on, their photographs apart") {
  // Of three each, Ann's second and both of Bob's last were trained on, all of Cy's, none of Dee, who is no class.
  const Dataset all = folder({"Ann", "Bob", "Cy", "Dee"}, 3);
  const TrainedOn trained{.model = "m",
                          .identities = {"Cy", "Bob", "Ann"},
                          .photographs = Names{"Ann/Ann_2.jpg", "Bob/Bob_2.jpg", "Bob/Bob_3.jpg",
                                               "Cy/Cy_1.jpg", "Cy/Cy_2.jpg", "Cy/Cy_3.jpg"}};
  const ClosedSet set = closed_set(all, "data", trained);
  CHECK(set.test.identities == Names{"Ann", "Bob"});
  CHECK(paths(set.test) == Names{"data/Ann/Ann_1.jpg", "data/Ann/Ann_3.jpg", "data/Bob/Bob_1.jpg"});
  CHECK(labels_of(set.test.photographs) == std::vector<std::int32_t>{0, 0, 1});
  CHECK(set.trained.identities == Names{"Ann", "Bob", "Cy"});
  CHECK(paths(set.trained).size() == 6);
}

TEST_CASE("closed set: which folder above the people's was trained from does not matter") {
  const Dataset all = folder({"Ann", "Bob"}, 2);
  const TrainedOn trained{.model = "m",
                          .identities = {"Ann", "Bob"},
                          .photographs = Names{"lfw/images/Ann/Ann_1.jpg", "images/Bob/Bob_2.jpg"}};
  CHECK(paths(closed_set(all, "data", trained).test) == Names{"data/Ann/Ann_2.jpg", "data/Bob/Bob_1.jpg"});
  // A file of that name alone, without its folder, is another photograph.
  const TrainedOn other{.model = "m",
                        .identities = {"Ann"},
                        .photographs = Names{"Ann_1.jpg", "Ann/x/Ann_1.jpg", "AnnAnn/Ann_2.jpg"}};
  CHECK(paths(closed_set(all, "data", other).test) == Names{"data/Ann/Ann_1.jpg", "data/Ann/Ann_2.jpg"});
}

TEST_CASE("closed set: refusals") {
  const Dataset all = folder({"Ann", "Bob", "Cy"}, 2);
  const Names people = {"Ann", "Bob", "Cy"};
  Names everything;
  for (const std::string& path : paths(all)) everything.push_back(path.substr(5));  // below data/
  CHECK_FAILS(closed_set(all, "data", {.model = "old", .identities = {}, .photographs = everything}),
              "old does not say whom it was trained on");
  CHECK_FAILS(closed_set(all, "data", {.model = "m", .identities = people}), "--trained-on");
  CHECK_FAILS(
      closed_set(all, "data", {.model = "m", .identities = {"Zoe"}, .photographs = Names{"Zoe/1.jpg"}}),
      "none of the 3 people in data is among the 1");
  CHECK_FAILS(
      closed_set(all, "data", {.model = "m", .identities = people, .photographs = Names{"Bob/Bob_1.jpg"}}),
      "has none of 2 of the 3 people that m was trained on (Ann, Cy); it is another run's");
  CHECK_FAILS(closed_set(all, "data", {.model = "m", .identities = people, .photographs = everything}),
              "m was trained on all 6 photographs in data of the 3 people");
}

TEST_CASE("the list of photographs: one a line, in normal form") {
  const Scratch scratch;
  CHECK(read_photographs_trained_on(
            scratch.file("list.txt", "Ann/Ann_1.jpg\r\n\n./Bob B/x 1.jpg\nCy//y.jpg")) ==
        Names{"Ann/Ann_1.jpg", "Bob B/x 1.jpg", "Cy/y.jpg"});
  CHECK_FAILS(read_photographs_trained_on(scratch.file("empty.txt", "\n\n")), "empty.txt");
  CHECK_FAILS(read_photographs_trained_on(scratch / "missing.txt"), "missing.txt");
}

}  // namespace
}  // namespace hypersphere::test
