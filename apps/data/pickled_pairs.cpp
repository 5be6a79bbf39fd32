#include "apps/data/pickled_pairs.h"

#include <algorithm>
#include <map>
#include <utility>

#include "apps/data/byte_file.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// Python's pickletools.py lists them.
enum Opcode : unsigned char {
  op_proto = 0x80,
  op_frame = 0x95,
  op_mark = '(',
  op_stop = '.',
  op_empty_list = ']',
  op_append = 'a',
  op_appends = 'e',
  op_tuple = 't',
  op_tuple2 = 0x86,
  op_binput = 'q',
  op_long_binput = 'r',
  op_memoize = 0x94,
  op_binget = 'h',
  op_long_binget = 'j',
  op_short_binstring = 'U',
  op_binstring = 'T',
  op_short_binbytes = 'C',
  op_binbytes = 'B',
  op_binbytes8 = 0x8e,
  op_newtrue = 0x88,
  op_newfalse = 0x89,
  op_int = 'I',
  op_binint1 = 'K',
};

// What stands on the machine's stack. Lists hold bytes and flags alone, so that nothing can nest.
struct Value {
  enum Kind { mark, bytes, flag, list, pair } kind = mark;
  PickledPairs::Picture picture = {};
  bool truth = false;
  std::shared_ptr<std::vector<Value>> items = {};
};

class Machine {
 public:
  explicit Machine(std::string_view pickle) : pickle_(pickle) {}

  Value run() {
    for (;;) {
      opcode_at_ = at_;
      const auto opcode = static_cast<unsigned char>(take(1)[0]);
      if (opcode == op_stop) {
        expect(stack_.size() == 1, "pickle: expected one value at its end, found {}", stack_.size());
        return stack_[0];
      }
      step(opcode);
    }
  }

 private:
  std::string_view take(std::uint64_t count) {
    expect(count <= pickle_.size() - at_, "pickle: cut short at byte {}", pickle_.size());
    const std::string_view taken = pickle_.substr(at_, count);
    at_ += count;
    return taken;
  }

  std::uint64_t take_number(int bytes) {
    std::uint64_t value = 0;
    const std::string_view digits = take(static_cast<std::uint64_t>(bytes));
    for (std::size_t i = digits.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
    return value;
  }

  void step(unsigned char opcode) {
    switch (opcode) {
      case op_proto:
        take(1);
        return;
      case op_frame:
        take(8);
        return;
      case op_mark:
        stack_.push_back({.kind = Value::mark});
        return;
      case op_empty_list:
        stack_.push_back({.kind = Value::list, .items = std::make_shared<std::vector<Value>>()});
        return;
      case op_append:
        append(pop_last(1));
        return;
      case op_appends:
        append(pop_to_mark());
        return;
      case op_tuple:
        push_pair(pop_to_mark());
        return;
      case op_tuple2:
        push_pair(pop_last(2));
        return;
      case op_binput:
        memo_[take_number(1)] = top();
        return;
      case op_long_binput:
        memo_[take_number(4)] = top();
        return;
      case op_memoize:
        memo_[memo_.size()] = top();
        return;
      case op_binget:
        push_memo(take_number(1));
        return;
      case op_long_binget:
        push_memo(take_number(4));
        return;
      case op_short_binstring:
      case op_short_binbytes:
        push_bytes(take_number(1));
        return;
      case op_binstring:
      case op_binbytes:
        push_bytes(take_number(4));
        return;
      case op_binbytes8:
        push_bytes(take_number(8));
        return;
      case op_newtrue:
      case op_newfalse:
        push_flag(opcode == op_newtrue);
        return;
      case op_int:
        push_text_flag();
        return;
      case op_binint1:
        push_number_flag(take_number(1));
        return;
      default:
        fail("pickle: opcode {:#04x} at byte {}: not one that a list of pictures and a list of flags need",
             opcode, opcode_at_);
    }
  }

  [[noreturn]] void complain(const char* expected) const {
    fail("pickle: expected {} at byte {}", expected, opcode_at_);
  }

  Value& top() {
    if (stack_.empty() || stack_.back().kind == Value::mark) complain("a value");
    return stack_.back();
  }

  std::vector<Value> pop_last(std::size_t count) {
    if (stack_.size() < count) complain("more values");
    std::vector<Value> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  std::vector<Value> pop_to_mark() {
    const auto mark = std::ranges::find(stack_.rbegin(), stack_.rend(), Value::mark, &Value::kind);
    if (mark == stack_.rend()) complain("a mark before");
    std::vector<Value> values(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return values;
  }

  void append(const std::vector<Value>& values) {
    if (top().kind != Value::list) complain("a list to append to");
    for (const Value& value : values)
      if (value.kind != Value::bytes && value.kind != Value::flag) complain("pictures or flags in a list");
    std::vector<Value>& items = *top().items;
    items.insert(items.end(), values.begin(), values.end());
  }

  void push_pair(const std::vector<Value>& values) {
    if (values.size() != 2 || values[0].kind != Value::list || values[1].kind != Value::list)
      complain("a pair of lists");
    stack_.push_back({.kind = Value::pair, .items = std::make_shared<std::vector<Value>>(values)});
  }

  void push_memo(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) complain("a reference to something before");
    stack_.push_back(found->second);
  }

  void push_bytes(std::uint64_t count) {
    const std::uint64_t offset = at_;
    take(count);
    stack_.push_back({.kind = Value::bytes, .picture = {offset, count}});
  }

  void push_flag(bool truth) { stack_.push_back({.kind = Value::flag, .truth = truth}); }

  void push_number_flag(std::uint64_t number) {
    if (number > 1) complain("0 or 1");
    push_flag(number == 1);
  }

  // Protocol 1 writes True as "I01\n".
  void push_text_flag() {
    const std::string_view text = take(3);
    if (text != "01\n" && text != "00\n") complain("a truth value");
    push_flag(text[1] == '1');
  }

  std::string_view pickle_;
  std::uint64_t at_ = 0, opcode_at_ = 0;
  std::vector<Value> stack_;
  std::map<std::uint64_t, Value> memo_;
};

class PickledContainer : public Container {
 public:
  explicit PickledContainer(const fs::path& path) : file_(path) {
    try {
      pairs_ = parse_pickled_pairs(file_.read(0, file_.size()));
    } catch (const Error& error) {
      fail("{}: no verification set of InsightFace's: {}", path.string(), error.what());
    }
    for (std::size_t i = 0; i < pairs_.pictures.size(); ++i) names_.push_back(fmt::format("{:07}.jpg", i));
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool aligned() const override { return true; }
  std::uint64_t bytes(std::size_t index) const override { return pairs_.pictures.at(index).bytes; }
  std::string read(std::size_t index) const override {
    const PickledPairs::Picture& picture = pairs_.pictures.at(index);
    return file_.read(picture.offset, picture.bytes);
  }
  const std::vector<bool>& same() const { return pairs_.same; }

 private:
  ByteFile file_;
  PickledPairs pairs_;
  std::vector<std::string> names_;
};

}  // namespace

PickledPairs parse_pickled_pairs(std::string_view pickle) {
  const Value value = Machine(pickle).run();
  expect(value.kind == Value::pair, "pickle: expected a pair of lists");
  PickledPairs result;
  for (const Value& picture : *(*value.items)[0].items) {
    expect(picture.kind == Value::bytes, "pickle: expected pictures in the first list, found a flag");
    result.pictures.push_back(picture.picture);
  }
  for (const Value& flag : *(*value.items)[1].items) {
    expect(flag.kind == Value::flag, "pickle: expected flags in the second list, found bytes");
    result.same.push_back(flag.truth);
  }
  expect(!result.same.empty() && result.pictures.size() == 2 * result.same.size(),
         "pickle: expected two pictures for each of {} flags, found {}", result.same.size(),
         result.pictures.size());
  return result;
}

std::shared_ptr<const Container> open_pickled_pairs(const fs::path& path) {
  return std::make_shared<PickledContainer>(path);
}

PairList read_pickled_pairs(const fs::path& path) {
  const std::shared_ptr<const Container> container = open_container(path);
  const auto& pickled = dynamic_cast<const PickledContainer&>(*container);
  const fs::path root = fs::absolute(path);
  const std::size_t count = pickled.same().size();
  PairList list{static_cast<int>(std::min<std::size_t>(10, count)), {}};
  const auto folds = static_cast<std::size_t>(list.folds);
  for (std::size_t i = 0; i < count; ++i)
    list.pairs.push_back({(root / pickled.names()[2 * i]).string(),
                          (root / pickled.names()[2 * i + 1]).string(), pickled.same()[i],
                          static_cast<int>(i * folds / count)});
  return list;
}

}  // namespace hypersphere
