// SPDX-License-Identifier: Apache-2.0
#include "data/loader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "base/random.h"

namespace weft {

void DataSettings::fields(Fields& visit) {
  visit("dataset", dataset, not_empty, "folder of the dataset (made by `weft data import`)");
  visit("split", split, not_empty, "which split to train on");
  visit("texts_per_image", texts_per_image, at_least(1), "texts drawn for each image of a step, where it has as many");
  visit("by_group", by_group, any, "an epoch visits every group once and draws one of its samples");
  visit("threads", threads, at_least(1), "decoding threads of each rank");
  visit("prefetch", prefetch, at_least(1), "batches made ready ahead of the trainer");
  visit("damage_budget", damage_budget, non_negative,
        "damaged images after which the run stops (exit 4); until then each is listed and left out of its step");
  visit.section("augment", augment, "what the training views of an image may look like");
}

Image decode_sample(const SampleInfo& info, const Bytes& content, int least_side) {
  const ImageHeader expected{info.codec, info.width, info.height, info.channels};
  return decode_image(content.data(), content.size(), least_side, &expected);
}

namespace {
using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};  // with threads that are at a task when the loader goes
constexpr double kBeforeThePeers =
    .8;  // of the deadline: they wait for this rank meanwhile, and know less of the cause
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Order order_of(const Store& store, const DataSettings& settings, const LoaderShape& shape) {
  check(shape.ranks <= shape.global_batch, "batch.global is ", shape.global_batch, ", but there are ", shape.ranks,
        " ranks; every rank needs at least one image of a step");
  return Order(store, store.split(settings.split),
               {shape.global_batch, settings.texts_per_image, settings.by_group, shape.seed});
}

}  // namespace

void check_batches(const Store& store, const DataSettings& settings, const LoaderShape& shape) {
  order_of(store, settings, shape);
}

struct Loader::Impl {
  struct Slot {
    Batch batch;
    int64_t step = -1;  // whose content this is or will be
    int64_t done = 0;   // tasks finished; the batch is ready at images + 1
  };
  struct Work {
    std::thread thread;
    int64_t task = -1;  // what it is at, -1: none
  };

  const Store& store;
  const Tokenizer& tokenizer;
  const DataSettings settings;
  const LoaderShape shape;
  const Order order;
  const Range mine;
  std::vector<Slot> ring;

  std::mutex mutex;
  std::condition_variable changed;
  int64_t next_task;  // task t: step t / tasks_per_step; part 0 makes the tables, part i + 1 image i
  int64_t next_step;  // what next() returns next; slots of earlier steps are free
  bool stopping = false;
  bool hangs = false;  // a thread did not come back from its task in time
  std::exception_ptr failure;
  std::vector<Work> threads;
  size_t running;  // threads that have not ended
  double waited = 0, first_ready = -1;

  Impl(const Store& s, const Tokenizer& t, const DataSettings& d, const LoaderShape& l, int64_t first_step)
      : store(s),
        tokenizer(t),
        settings(d),
        shape(l),
        order(order_of(s, d, l)),
        mine(share_of(l.global_batch, l.rank, l.ranks)),
        ring(static_cast<size_t>(d.prefetch + 1)),
        next_task(first_step * tasks_per_step()),
        next_step(first_step),
        threads(static_cast<size_t>(d.threads)),
        running(threads.size()) {
    WEFT_ASSERT(mine.size() > 0);
    for (int64_t i = 0; i < static_cast<int64_t>(ring.size()); ++i) {
      Slot& slot = ring[static_cast<size_t>((first_step + i) % static_cast<int64_t>(ring.size()))];
      slot.step = first_step + i;
      slot.batch.pixels.resize(static_cast<size_t>(mine.size()) * image_bytes());
    }
    for (Work& work : threads)
      work.thread = std::thread([this, &task = work.task, rank = log::bound_rank()] {
        log::bind_rank(rank);
        take_tasks(task);
        std::lock_guard lock(mutex);
        --running;
        changed.notify_all();
      });
  }

  // False where a thread does not come back.
  bool stop() {
    std::unique_lock lock(mutex);
    stopping = true;
    changed.notify_all();
    const auto over = [&] { return running == 0; };
    if (hangs ? !over() : !changed.wait_for(lock, kPatience, over)) return false;
    lock.unlock();
    for (Work& work : threads) work.thread.join();
    return true;
  }

  int64_t tasks_per_step() const { return mine.size() + 1; }
  size_t image_bytes() const {
    return size_t{3} * static_cast<size_t>(shape.image_size) * static_cast<size_t>(shape.image_size);
  }
  Slot& slot_of(int64_t step) { return ring[static_cast<size_t>(step % static_cast<int64_t>(ring.size()))]; }

  void take_tasks(int64_t& task) {
    Bytes content;
    std::unique_lock lock(mutex);
    for (;; task = -1) {
      task = next_task++;
      const int64_t step = task / tasks_per_step(), part = task % tasks_per_step();
      changed.wait(lock, [&] { return stopping || failure || slot_of(step).step == step; });
      if (stopping || failure) return;
      Slot& slot = slot_of(step);
      lock.unlock();
      std::exception_ptr thrown;
      std::string damage;
      try {
        if (part == 0) {
          make_tables(slot.batch, step);
        } else {
          damage = make_image(slot.batch, step, part - 1, content);
        }
      } catch (Error& error) {
        error.add_context("making " + name_of(task));
        thrown = std::current_exception();
      } catch (const std::exception& error) {
        thrown =
            std::make_exception_ptr(Error(join(error.what(), "\n  ... while making ", name_of(task)), Exit::failed));
      }
      lock.lock();
      if (thrown) failure = thrown;
      if (!damage.empty()) slot.batch.damaged.emplace_back(static_cast<int32_t>(mine.begin + part - 1), damage);
      if (++slot.done == tasks_per_step() || failure) changed.notify_all();
    }
  }

  std::string name_of(int64_t task) const {
    const int64_t step = task / tasks_per_step(), part = task % tasks_per_step();
    if (part == 0) return join("the texts of step ", step);
    const uint32_t sample = order.sample_at(step, mine.begin + part - 1);
    return join("sample ", sample, " (", store.info(sample).key, ") of step ", step);
  }

  // A JPEG may be decoded smaller as long as the smallest crop still has the view's pixels.
  int least_side() const {
    const AugmentSettings& a = settings.augment;
    return static_cast<int>(std::ceil(shape.image_size * std::sqrt(a.crop_ratio_max / a.crop_scale_min)));
  }

  void make_tables(Batch& batch, int64_t step) const {
    Order::Plan plan = order.plan(step);
    batch.step = step;
    batch.image_size = shape.image_size;
    batch.samples = std::move(plan.samples);
    batch.cells = std::move(plan.cells);
    batch.tokens.clear();
    for (const uint32_t row : plan.text_rows)
      batch.tokens.push_back(tokenizer.encode(store.vocabulary().text(row), shape.context));
    batch.images = mine;
    batch.texts = share_of(static_cast<int64_t>(batch.tokens.size()), shape.rank, shape.ranks);
  }

  // Returns the reason where the image cannot be read; its pixels are zero then.
  std::string make_image(Batch& batch, int64_t step, int64_t local, Bytes& content) const {
    const int64_t position = mine.begin + local;
    const uint32_t sample = order.sample_at(step, position);
    strike_on_purpose(step);
    uint8_t* out = batch.pixels.data() + static_cast<size_t>(local) * image_bytes();
    try {
      const SampleInfo& info = store.info(sample);
      store.read(sample, content);
      check(!fault::due("damaged", step), "sample ", sample, " (", info.key, ") is damaged on purpose");
      const Image image = in_context([&] { return decode_sample(info, content, least_side()); }, "reading sample ",
                                     sample, " (", info.key, ") of ", store.folder().string());
      Stream stream(shape.seed, Purpose::augment, static_cast<uint64_t>(step), static_cast<uint64_t>(position));
      training_view(image, settings.augment, shape.image_size, stream, out);
      return "";
    } catch (const Error& error) {
      std::memset(out, 0, image_bytes());
      return error.what();
    }
  }

  static void strike_on_purpose(int64_t step) {
    if (fault::due("loader_death", step)) throw std::runtime_error("an exception of a loading thread on purpose");
    if (fault::due("loader_hang", step))
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }

  void wait_for(std::unique_lock<std::mutex>& lock, const Slot& slot) {
    const auto over = [&] { return failure || slot.done == tasks_per_step(); };
    if (shape.deadline_seconds <= 0) return changed.wait(lock, over);
    const double seconds = kBeforeThePeers * shape.deadline_seconds;
    if (changed.wait_for(lock, std::chrono::duration<double>(seconds), over)) return;
    hangs = true;
    std::string at;
    for (const Work& work : threads)
      if (work.task >= 0 && work.task / tasks_per_step() == slot.step)
        at += "\n  a thread hangs at " + name_of(work.task);
    throw Error(join("rank ", shape.rank, ": the data of step ", slot.step, " is not there after ", seconds, " s; ",
                     slot.done, " of its ", tasks_per_step(), " parts are", at),
                Exit::peer_lost);
  }

  Batch& next() {
    const Clock::time_point asked = Clock::now();
    std::unique_lock lock(mutex);
    Slot& previous = slot_of(next_step + static_cast<int64_t>(ring.size()) - 1);
    if (previous.step == next_step - 1) {  // the batch given out before is free now
      previous.step = next_step - 1 + static_cast<int64_t>(ring.size());
      previous.done = 0;
      previous.batch.damaged.clear();
      changed.notify_all();
    }
    Slot& slot = slot_of(next_step);
    wait_for(lock, slot);
    if (failure) std::rethrow_exception(failure);
    ++next_step;
    waited = seconds_since(asked);
    if (first_ready < 0) first_ready = seconds_since_process_start();
    std::sort(slot.batch.damaged.begin(), slot.batch.damaged.end());
    return slot.batch;
  }
};

Loader::Loader(const Store& store, const Tokenizer& tokenizer, const DataSettings& settings, const LoaderShape& shape,
               int64_t first_step)
    : impl_(std::make_unique<Impl>(store, tokenizer, settings, shape, first_step)) {}
Loader::~Loader() {
  if (impl_->stop()) return;
  for (Impl::Work& work : impl_->threads) work.thread.detach();
  [[maybe_unused]] Impl* left_behind = impl_.release();  // a thread that hangs may still come back to it
}
Batch& Loader::next() {
  return impl_->next();
}
double Loader::waited_seconds() const {
  return impl_->waited;
}
double Loader::first_ready_at() const {
  return impl_->first_ready;
}

}  // namespace weft
