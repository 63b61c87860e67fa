// SPDX-License-Identifier: Apache-2.0
#include "base/fault.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"

namespace weft::fault {
namespace {

enum class Who { itself, asked };  // acts in at(), or in the code that asks due()
struct Kind {
  const char* name;
  Who who;
};
constexpr Kind kKinds[] = {{"kill", Who::itself},       {"exit", Who::itself},       {"abort", Who::itself},
                           {"throw", Who::itself},      {"segv", Who::itself},       {"stop", Who::itself},
                           {"slow", Who::itself},       {"usr1", Who::itself},       {"nan", Who::asked},
                           {"oom", Who::asked},         {"flip", Who::asked},        {"desync", Who::asked},
                           {"damaged", Who::asked},     {"loader_hang", Who::asked}, {"loader_death", Who::asked},
                           {"write_error", Who::asked}, {"kill_write", Who::asked}};

struct Item {
  std::string text;  // as it was written
  const Kind* kind = nullptr;
  int rank = -1;  // -1: every rank
  int64_t first_step = 0, last_step = 0;
  double argument = 0;
  std::string point;                           // "" for kinds that are asked for
  std::set<std::pair<int, int64_t>> struck{};  // rank and step

  bool strikes(int at_rank, int64_t step) {
    if (step < first_step || step > last_step || (rank >= 0 && rank != at_rank)) return false;
    return struck.emplace(at_rank, step).second;
  }
};

struct Plan {
  std::atomic<bool> empty{true};
  std::mutex mutex;
  std::vector<Item> items;
};
Plan& plan() {
  static Plan the_plan;
  return the_plan;
}

template <class Table, class NameOf>
std::vector<std::string> names_of(const Table& table, NameOf name_of) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.emplace_back(name_of(entry));
  return names;
}

[[noreturn]] void fail_unknown(const char* what, const std::string& name, const std::vector<std::string>& known) {
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  const std::string suggestion = nearest(name, known);
  fail("unknown ", what, " \"", name, "\"", suggestion.empty() ? "" : "; did you mean \"" + suggestion + "\"?",
       " (known: ", list, ")");
}

const Kind& kind_named(const std::string& name) {
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind;
  fail_unknown("kind", name, names_of(kKinds, [](const Kind& kind) { return kind.name; }));
}

std::string point_named(const std::string& name) {
  const std::vector<std::string> known = names_of(kPoints, [](const char* point) { return point; });
  if (std::find(known.begin(), known.end(), name) == known.end()) fail_unknown("point", name, known);
  return name;
}

int64_t whole_number(const std::string& text, const char* what) {
  check(!text.empty() && text.size() < 16 && text.find_first_not_of("0123456789") == std::string::npos, what, " is \"",
        text, "\", but must be a whole number", what == std::string("step") ? ", N+, * or ~N/seed" : "");
  return std::stoll(text);
}

void read_steps(const std::string& text, Item& item) {
  constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
  if (text == "*") {
    item.last_step = kEnd;
  } else if (text.ends_with('+')) {
    item.first_step = whole_number(text.substr(0, text.size() - 1), "step");
    item.last_step = kEnd;
  } else if (const size_t slash = text.find('/'); text.starts_with('~') && slash != std::string::npos) {
    const int64_t below = whole_number(text.substr(1, slash - 1), "step"),
                  seed = whole_number(text.substr(slash + 1), "seed");
    check(below > 0, "step is \"", text, "\", but there is no step below 0");
    const auto words = philox4x32({}, {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    item.first_step = item.last_step = static_cast<int64_t>(words[0] % static_cast<uint64_t>(below));
  } else {
    item.first_step = item.last_step = whole_number(text, "step");
  }
}

double real_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  check(!text.empty() && *end == '\0', "argument is \"", text, "\", but must be a number");
  return value;
}

Item read_item(const std::string& text) {
  const size_t at_sign = text.find('@');
  std::vector<std::string> words = {""};
  for (const char letter : text.substr(0, at_sign))
    if (letter == ':')
      words.emplace_back();
    else
      words.back() += letter;
  check(words.size() == 3 || words.size() == 4, "it must be kind:rank:step[:argument][@point]");
  Item item{.text = text, .kind = &kind_named(words[0])};
  if (words[1] != "*") item.rank = static_cast<int>(whole_number(words[1], "rank"));
  read_steps(words[2], item);
  if (words.size() == 4) item.argument = real_number(words[3]);
  const bool has_point = at_sign != std::string::npos;
  if (item.kind->who == Who::itself) item.point = has_point ? point_named(text.substr(at_sign + 1)) : kPoints[0];
  check(has_point <= (item.kind->who == Who::itself), "a ", words[0], " has its own place and takes no @point");
  return item;
}

void act(const std::string& kind, double argument) {
  const int number = static_cast<int>(argument);
  if (kind == "kill") std::raise(SIGKILL);
  if (kind == "exit") std::_Exit(number);
  if (kind == "abort") std::abort();
  if (kind == "throw") throw std::runtime_error("an exception on purpose");
  if (kind == "segv") std::raise(SIGSEGV);
  if (kind == "stop") std::raise(SIGSTOP);
  if (kind == "usr1") std::raise(SIGUSR1);
  if (kind == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(number));
}

template <class Matches>
std::optional<std::pair<const Kind*, double>> first_that_strikes(int64_t step, Matches matches) {
  Plan& p = plan();
  std::lock_guard lock(p.mutex);
  for (Item& item : p.items) {
    if (!matches(item) || !item.strikes(log::bound_rank(), step)) continue;
    if (item.struck.size() == 1) log::warn(join("a fault on purpose: ", item.text, " at step ", step));
    return std::pair{item.kind, item.argument};
  }
  return std::nullopt;
}

}  // namespace

void add_plan(const std::vector<std::string>& items) {
  std::vector<Item> read;
  for (const std::string& text : items)
    read.push_back(in_context([&] { return read_item(text); }, "reading the fault \"", text, "\""));
  Plan& p = plan();
  std::lock_guard lock(p.mutex);
  p.items.insert(p.items.end(), read.begin(), read.end());
  p.empty = p.items.empty();
}

void add_plan_from_environment() {
  const char* text = std::getenv("WEFT_FAULTS");
  std::vector<std::string> items;
  std::istringstream list(text ? text : "");
  for (std::string item; std::getline(list, item, ',');) items.push_back(item);
  add_plan(items);
}

void clear() {
  Plan& p = plan();
  std::lock_guard lock(p.mutex);
  p.items.clear();
  p.empty = true;
}

std::optional<double> due(const char* kind, int64_t step) {
  if (plan().empty) return std::nullopt;
  WEFT_ASSERT(kind_named(kind).who == Who::asked);
  const auto found = first_that_strikes(step, [&](const Item& item) { return item.kind->name == std::string(kind); });
  return found ? std::optional(found->second) : std::nullopt;
}

void at(const char* point, int64_t step) {
  if (plan().empty) return;
  point_named(point);
  while (const auto found = first_that_strikes(step, [&](const Item& item) { return item.point == point; }))
    act(found->first->name, found->second);
}

}  // namespace weft::fault
