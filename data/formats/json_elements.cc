// SPDX-License-Identifier: Apache-2.0
#include "data/formats/json_elements.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr size_t kDeepest = 64;

// Takes the parser's events and builds one element at a time.
class Elements final : public nlohmann::json_sax<Json> {
 public:
  Elements(const std::string& file, const TakeElement& take) : file_(file), take_(take) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(int64_t value) override { return put(value); }
  bool number_unsigned(uint64_t value) override { return put(value); }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool binary(Json::binary_t&) override { refuse("binary data"); }

  bool start_object(size_t) override {
    if (is_outside()) return root_ = Root::object, true;
    return open(Json::object());
  }
  bool key(std::string& name) override {
    const bool is_new = open_.empty() ? keys_.insert(name).second : !open_.back()->contains(name);
    if (!is_new) refuse("the key \"" + name + "\" twice in one object");
    (open_.empty() ? list_ : member_) = name;
    return true;
  }
  bool end_object() override {
    if (!open_.empty()) close();
    return true;
  }
  bool start_array(size_t) override {
    if (is_outside()) {
      root_ = Root::list;
      in_list_ = true;
    } else if (open_.empty() && !in_list_) {
      in_list_ = true;
      place_ = 0;
    } else {
      open(Json::array());
    }
    return true;
  }
  bool end_array() override {
    if (open_.empty()) {
      in_list_ = false;
    } else {
      close();
    }
    return true;
  }
  bool parse_error(size_t, const std::string&, const Json::exception& error) override {
    const std::string what = error.what();
    const size_t start = what.find("] ");  // after the library's name and number of the error
    fail(file_, ": no valid JSON: ", start == std::string::npos ? what : what.substr(start + 2));
  }

 private:
  enum class Root { none, object, list };
  bool is_outside() const { return root_ == Root::none; }

  [[noreturn]] void refuse(const std::string& what) const {
    fail(file_, list_.empty() ? "" : ": " + list_, in_list_ ? join("[", place_, "]") : "", ": found ", what);
  }

  bool put(Json value) {
    if (is_outside()) refuse("a single value, wanted an object or a list");
    if (open_.empty()) {
      deliver(value);
    } else {
      append(std::move(value));
    }
    return true;
  }

  Json& append(Json value) {
    Json& parent = *open_.back();
    if (parent.is_object()) return parent[member_] = std::move(value);
    parent.push_back(std::move(value));
    return parent.back();
  }

  // A parent is not touched while a child is open, so pointers into it stay valid.
  bool open(Json empty) {
    if (open_.size() == kDeepest) refuse(join("more than ", kDeepest, " levels"));
    if (open_.empty()) {
      element_ = std::move(empty);
      open_.push_back(&element_);
    } else {
      open_.push_back(&append(std::move(empty)));
    }
    return true;
  }

  void close() {
    open_.pop_back();
    if (open_.empty()) deliver(element_);
  }

  void deliver(Json& element) {
    take_(list_, in_list_ ? place_ : -1, element);
    ++place_;
  }

  const std::string& file_;
  const TakeElement& take_;
  Root root_ = Root::none;
  bool in_list_ = false;  // of elements that are given away
  int64_t place_ = 0;
  std::string list_, member_;  // keys in the outermost object, and in the object that is open
  std::set<std::string> keys_;
  Json element_;
  std::vector<Json*> open_;
};

}  // namespace

void read_json_elements(std::istream& in, const std::string& file, const TakeElement& take) {
  Elements events(file, take);
  Json::sax_parse(in, &events);
}

std::ifstream open_json(const Path& path) {
  check(std::filesystem::is_regular_file(path), path.string(), ": is not a file");
  std::ifstream in(path, std::ios::binary);
  check(in.good(), path.string(), ": cannot open");
  return in;
}

const Json* json_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string json_text(const Json& object, const char* key) {
  const Json* value = json_member(object, key);
  if (!value) return "";
  check(value->is_string(), key, " is ", json_shown(*value), ", wanted a text");
  return value->get_ref<const std::string&>();
}

double json_number(const Json& value, const char* key) {
  check(value.is_number(), key, " has ", json_shown(value), ", wanted a number");
  return value.get<double>();
}

std::vector<double> json_numbers(const Json& value, const char* key) {
  check(value.is_array(), key, " is ", json_shown(value), ", wanted a list of numbers");
  std::vector<double> numbers;
  numbers.reserve(value.size());
  for (const Json& one : value) numbers.push_back(json_number(one, key));
  return numbers;
}

std::vector<std::string> json_texts(const Json& object, const char* key) {
  const Json* value = json_member(object, key);
  if (!value) return {};
  check(value->is_array(), key, " is ", json_shown(*value), ", wanted a list of texts");
  std::vector<std::string> texts;
  for (const Json& one : *value) {
    check(one.is_string(), key, " has ", json_shown(one), ", wanted texts");
    texts.push_back(one.get<std::string>());
  }
  return texts;
}

std::string json_id(const Json& object, const char* key) {
  const Json* value = json_member(object, key);
  if (!value) return "";
  if (value->is_string()) return value->get<std::string>();
  const bool is_whole = value->is_number_float() && std::floor(value->get<double>()) == value->get<double>() &&
                        std::abs(value->get<double>()) < 9e15;
  if (is_whole) return std::to_string(value->get<int64_t>());
  check(value->is_number_integer(), key, " is ", json_shown(*value), ", wanted a whole number or a text");
  return value->dump();
}

std::string json_shown(const Json& value) {
  constexpr size_t kLongest = 60;
  if (value.size() > kLongest && value.is_structured()) return join("a list or object of ", value.size(), " elements");
  const std::string text = value.dump(-1, ' ', true);  // ASCII: it may be cut anywhere
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

}  // namespace weft
