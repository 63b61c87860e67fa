// SPDX-License-Identifier: Apache-2.0
// Processes come up, find each other and run one verb.  After: launch/run_train.cc.  The only place that catches.
#define CXXOPTS_VECTOR_DELIMITER '\0'  // a word keeps its commas: key='["a", "b"]'
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cxxopts.hpp>
#include <thread>

#include "base/fault.h"
#include "base/log.h"
#include "launch/mpi_comm.h"
#include "launch/run_train.h"
#include "launch/thread_comm.h"
#include "launch/verbs.h"

namespace weft {
namespace {

constexpr const char* kVersion = "weft " WEFT_VERSION;

struct Request {
  const Verb* verb = nullptr;
  CommandLine line;
  int thread_ranks = 1;
};

const Verb& verb_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) {
    if (name == verb.name) return verb;
    names.push_back(verb.name);
  }
  const std::string suggestion = nearest(name, names);
  fail("weft has no verb \"", name, "\"", suggestion.empty() ? "" : "; did you mean \"" + suggestion + "\"?",
       " (weft help lists them)");
}

Request parse(int argc, char** argv) {
  cxxopts::Options options("weft");
  options.add_options()("dry-run", "")("h,help", "")("version", "")("words", "",
                                                                    cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  Request request;
  try {
    const auto parsed = options.parse(argc, argv);
    std::vector<std::string> words;
    if (parsed.count("words")) words = parsed["words"].as<std::vector<std::string>>();
    if (parsed.count("version")) std::puts(kVersion), std::exit(0);
    if (parsed.count("help") || words.empty()) words = {"help"};
    request.verb = &verb_named(words[0]);
    request.line.words.assign(words.begin() + 1, words.end());
    request.line.dry_run = parsed.count("dry-run") > 0;
  } catch (const cxxopts::exceptions::exception& error) {
    fail(error.what(), " (weft help lists verbs and options)");
  }
  for (const std::string& word : request.line.words)
    if (word.starts_with("engine.thread_ranks=")) request.thread_ranks = std::atoi(word.c_str() + word.find('=') + 1);
  return request;
}

Exit run_verb(const Request& request, Comm& comm, int ranks_of_host) {
  if (!request.verb->all_ranks && !comm.is_first()) return Exit::done;
  return request.verb->run(request.line, comm, ranks_of_host);
}

// What is wrong for all ranks is said once: rank 0 speaks at once and ends the others; they speak only if it does not.
void let_the_first_rank_speak(const Comm& comm) {
  if (!comm.is_first()) std::this_thread::sleep_for(std::chrono::seconds(1));
}

int report_failure(const std::string& message, Exit exit) {
  log::error(message);
  return static_cast<int>(exit);
}

int run_with_mpi(const Request& request) {
  MpiSession session;
  log::bind_rank(session.comm().rank());
  try {
    return static_cast<int>(run_verb(request, session.comm(), session.local_ranks()));
  } catch (const Error& error) {
    // A deadline is missed by one rank alone, and the others', which say less of the cause, end soon after.
    if (error.exit() != Exit::peer_lost) let_the_first_rank_speak(session.comm());
    report_failure(error.what(), error.exit());
    session.abort(error.exit());
  } catch (const std::exception& error) {
    let_the_first_rank_speak(session.comm());
    report_failure(error.what(), Exit::failed);
    session.abort(Exit::failed);
  }
}

int run_alone(const Request& request) {
  if (request.thread_ranks <= 1) {
    LocalComm comm;
    return static_cast<int>(run_verb(request, comm, 1));
  }
  Exit exit = Exit::done;
  run_thread_ranks(request.thread_ranks, [&](Comm& comm) {
    const Exit mine = run_verb(request, comm, comm.size());
    if (comm.is_first()) exit = mine;
  });
  return static_cast<int>(exit);
}

int run(int argc, char** argv) {
  try {
    const Request request = parse(argc, argv);
    stop_on_signals();
    fault::add_plan_from_environment();
    return started_by_mpi() ? run_with_mpi(request) : run_alone(request);
  } catch (const Error& error) {
    return report_failure(error.what(), error.exit());
  } catch (const std::exception& error) {
    return report_failure(error.what(), Exit::failed);
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  // Freed activations stay with the process: without this glibc gives them back and faults them in again at every step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  return weft::run(argc, argv);
}
