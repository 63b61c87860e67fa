// SPDX-License-Identifier: Apache-2.0
#include "data/loader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "base/random.h"
#include "data/algebra.h"

namespace weft {

void DataSettings::fields(Fields& visit) {
  visit.sections("source", sources,
                 "one of several sources, each with its share of the batch; instead of data.dataset");
  one.fields(visit);
  visit("tokenizer", tokenizer, any, "file of BPE merges; empty: that of the first dataset");
  visit("texts_per_image", texts_per_image, at_least(1), "texts drawn for each image of a step, where it has as many");
  visit("negatives_per_image", negatives_per_image, non_negative,
        "verified negatives drawn for each image of a step, where it has as many: texts that are not true of it");
  visit("strong_views", strong_views, between(0, 8), "further views of each image, by [data.strong], of one decoding");
  visit("regions", regions, any, "statements about regions come along, in the coordinates of the view");
  visit("pixels", pixels, one_of({"u8", "f32"}), "f32 keeps what 16-bit pictures and volumes have beyond eight bits");
  windows.fields(visit);
  visit.section("objects", objects, "regions that are asked for by prompts");
  visit("threads", threads, at_least(1), "decoding threads of each rank");
  visit("prefetch", prefetch, at_least(1), "batches made ready ahead of the trainer");
  visit("damage_budget", damage_budget, non_negative,
        "damaged images after which the run stops (exit 4); until then each is listed and another one takes its place");
  visit.section("augment", augment, "what the training views of an image may look like");
  visit.section("mix", mix, "pictures are mixed with others of the same source, and what is said of them as well");
  visit.section("strong", strong, "what its further views may look like");
}

std::map<std::string, SourceSettings> DataSettings::all_sources() const {
  check(one.dataset.empty() != sources.empty(), "data.dataset is \"", one.dataset, "\" and there are ", sources.size(),
        " sections [data.source.<name>]; wanted a dataset or such sections");
  check(sources.empty() || (one.templates.empty() && one.negation.empty() && one.prefix.empty()),
        "data has templates, negation or a prefix beside sections [data.source.<name>]; they belong into the sections");
  return sources.empty() ? std::map<std::string, SourceSettings>{{"data", one}} : sources;
}

Path DataSettings::first_dataset() const {
  return all_sources().begin()->second.dataset;
}

Path DataSettings::tokenizer_file() const {
  return tokenizer.empty() ? first_dataset() / "tokenizer.txt" : Path(tokenizer);
}

namespace {
using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};  // with threads that are at a task when the loader goes
constexpr double kBeforeThePeers =
    .8;  // of the deadline: they wait for this rank meanwhile, and know less of the cause
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr int kReplacements = 8;  // tried for one slot of a step

OrderSettings order_settings(const DataSettings& settings, const LoaderShape& shape) {
  check(shape.ranks <= shape.global_batch, "batch.global is ", shape.global_batch, ", but there are ", shape.ranks,
        " ranks; every rank needs at least one image of a step");
  check(!settings.mix.any() || settings.pixels == "u8", "data.pixels is \"", settings.pixels,
        "\", but data.mix mixes pictures of eight bits; wanted data.pixels = \"u8\" or no data.mix");
  const bool reads = shape.context > 0;
  return {.global_batch = shape.global_batch,
          .texts_per_image = reads ? settings.texts_per_image : 0,
          .seed = shape.seed,
          .mix = settings.mix,
          .image_size = shape.image_size,
          .negatives_per_image = reads ? settings.negatives_per_image : 0};
}

}  // namespace

void check_batches(const Sources& sources, const DataSettings& settings, const LoaderShape& shape) {
  Order(sources, order_settings(settings, shape));
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

  const Sources& sources;
  const Tokenizer& tokenizer;
  const DataSettings settings;
  const LoaderShape shape;
  const Order order;
  const Range mine;
  const int channels;  // of a batch's values
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

  Impl(const Sources& s, const Tokenizer& t, const DataSettings& d, const LoaderShape& l, int64_t first_step)
      : sources(s),
        tokenizer(t),
        settings(d),
        shape(l),
        order(s, order_settings(d, l)),
        mine(share_of(l.global_batch, l.rank, l.ranks)),
        channels(d.pixels == "f32" ? value_channels(s.info(order.at(0, 0).sample), d.windows) : 3),
        ring(static_cast<size_t>(d.prefetch + 1)),
        next_task(first_step * tasks_per_step()),
        next_step(first_step),
        threads(static_cast<size_t>(d.threads)),
        running(threads.size()) {
    WEFT_ASSERT(mine.size() > 0);
    for (int64_t i = 0; i < static_cast<int64_t>(ring.size()); ++i) {
      Slot& slot = ring[static_cast<size_t>((first_step + i) % static_cast<int64_t>(ring.size()))];
      slot.step = first_step + i;
      const auto places = static_cast<size_t>(views() * mine.size());
      slot.batch.channels = channels;
      if (wide())
        slot.batch.values.resize(places * plane() * static_cast<size_t>(channels));
      else
        slot.batch.pixels.resize(places * plane() * 3);
      if (asks()) slot.batch.objects.resize(static_cast<size_t>(mine.size()));
      if (settings.regions) slot.batch.evidence.resize(static_cast<size_t>(views() * mine.size()));
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
  int64_t views() const { return 1 + settings.strong_views; }
  bool asks() const { return settings.objects.per_image > 0; }
  bool wide() const { return settings.pixels == "f32"; }
  size_t plane() const { return static_cast<size_t>(shape.image_size) * static_cast<size_t>(shape.image_size); }
  Slot& slot_of(int64_t step) { return ring[static_cast<size_t>(step % static_cast<int64_t>(ring.size()))]; }

  void take_tasks(int64_t& task) {
    Bytes content;
    ViewMaker maker(settings.windows);
    std::unique_lock lock(mutex);
    for (;; task = -1) {
      task = next_task++;
      const int64_t step = task / tasks_per_step(), part = task % tasks_per_step();
      changed.wait(lock, [&] { return stopping || failure || slot_of(step).step == step; });
      if (stopping || failure) return;
      Slot& slot = slot_of(step);
      lock.unlock();
      std::exception_ptr thrown;
      std::optional<Damage> damage;
      try {
        if (part == 0) {
          make_tables(slot.batch, step);
        } else {
          damage = make_image(slot.batch, step, part - 1, maker, content);
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
      if (damage) slot.batch.damaged.push_back(std::move(*damage));
      if (++slot.done == tasks_per_step() || failure) changed.notify_all();
    }
  }

  std::string name_of(int64_t task) const {
    const int64_t step = task / tasks_per_step(), part = task % tasks_per_step();
    if (part == 0) return join("the texts of step ", step);
    const uint32_t sample = order.at(step, mine.begin + part - 1).sample;
    return join("sample ", sample, " (", sources.info(sample).key, ") of step ", step);
  }

  void make_tables(Batch& batch, int64_t step) const {
    Order::Plan plan = order.plan(step);
    batch.step = step;
    batch.image_size = shape.image_size;
    batch.views = static_cast<int>(views());
    batch.order = &order;
    batch.picks = std::move(plan.picks);
    batch.said = std::move(plan.texts);
    batch.cells = std::move(plan.cells);
    batch.tokens.clear();
    for (const StepText& text : batch.said)
      batch.tokens.push_back(tokenizer.encode(text.words, shape.context, shape.fills_context));
    batch.images = mine;
    batch.texts = share_of(static_cast<int64_t>(batch.tokens.size()), shape.rank, shape.ranks);
  }

  // The image of a slot, or what comes in its place.
  std::optional<Damage> make_image(Batch& batch, int64_t step, int64_t local, ViewMaker& maker, Bytes& content) const {
    const int64_t position = mine.begin + local;
    strike_on_purpose(step);
    std::optional<Damage> damage;
    for (int attempt = Damage::kNone; attempt < kReplacements; ++attempt) {
      const bool is_first = attempt == Damage::kNone;
      const Pick pick = is_first ? order.at(step, position) : order.replacement(step, position, attempt);
      try {
        check(!is_first || !fault::due("damaged", step), "sample ", pick.sample, " (", sources.info(pick.sample).key,
              ") is damaged on purpose");
        const ViewMap map = make_views(batch, pick, step, local, maker, content);
        std::vector<Record> records = evidence_of_first(pick, map);
        if (is_first) mix_in_partner(batch, pick, map, step, local, maker, content, records);
        if (asks())
          batch.objects[static_cast<size_t>(local)] = draw_objects(
              records, shape.image_size, settings.objects,
              Stream(shape.seed, Purpose::objects, static_cast<uint64_t>(step), static_cast<uint64_t>(position)));
        if (settings.regions) evidence_of(batch, local, 0) = std::move(records);
        if (damage) damage->attempt = attempt;
        return damage;
      } catch (const Error& error) {
        if (!damage) damage = {static_cast<int32_t>(position), error.what()};
      }
    }
    if (asks()) batch.objects[static_cast<size_t>(local)] = {};
    for (int64_t view = 0; view < views(); ++view) {
      const ViewRequest request = request_of(batch, step, local, view);
      if (wide())
        std::fill_n(request.values, static_cast<size_t>(channels) * plane(), 0.f);
      else
        std::memset(request.pixels, 0, 3 * plane());
    }
    return damage;
  }

  ViewRequest request_of(Batch& batch, int64_t step, int64_t local, int64_t view) const {
    const int64_t position = mine.begin + local;
    const auto place = static_cast<size_t>(view * mine.size() + local) * plane();
    const Stream stream =
        view == 0 ? Stream(shape.seed, Purpose::augment, static_cast<uint64_t>(step), static_cast<uint64_t>(position))
                  : Stream(shape.seed, Purpose::strong_view, static_cast<uint64_t>(step),
                           static_cast<uint64_t>(position * 8 + view - 1));
    return {view == 0 ? &settings.augment : &settings.strong, shape.image_size, stream,
            wide() ? nullptr : batch.pixels.data() + 3 * place,
            wide() ? batch.values.data() + static_cast<size_t>(channels) * place : nullptr};
  }

  // Returns the map of the first view.
  ViewMap make_views(Batch& batch, const Pick& pick, int64_t step, int64_t local, ViewMaker& maker,
                     Bytes& content) const {
    const SampleInfo& info = sources.info(pick.sample);
    sources.read_view(pick.sample, pick.slice, content);
    std::vector<ViewRequest> requests;
    for (int64_t view = 0; view < views(); ++view) requests.push_back(request_of(batch, step, local, view));
    std::vector<ViewMap> maps(requests.size());
    in_context(
        [&] {
          check(!wide() || value_channels(info, settings.windows) == channels, "it has ",
                value_channels(info, settings.windows), " channels, but the run's other samples ", channels);
          maker.make(info, content, 0, requests, maps);  // of a volume, that slice is all that was read
        },
        "reading sample ", pick.sample, " (", info.key, ")");
    if (settings.regions)
      for (size_t view = 1; view < maps.size(); ++view)
        evidence_of(batch, local, view) = evidence_in_view(pick, maps[view]);
    return maps[0];
  }

  // The first view becomes the mixed one, where the order says that it is mixed.
  void mix_in_partner(Batch& batch, const Pick& pick, const ViewMap& map, int64_t step, int64_t local, ViewMaker& maker,
                      Bytes& content, std::vector<Record>& records) const {
    const int64_t position = mine.begin + local;
    const Mixing mixing = order.mixing(step, position);
    if (mixing.kind == MixKind::none) return;
    const auto as_mixed = [&](const uint8_t* pixels, const Pick& shown, const ViewMap& where) {
      MixedView view{shape.image_size, {pixels, pixels + 3 * plane()}, PasteMask(plane()), {}};
      paint_known(where, shape.image_size, view.known.data());
      view.records = evidence_in_view(shown, where);
      return view;
    };
    const Pick partner = order.partner(step, position);
    const SampleInfo& info = sources.info(partner.sample);
    std::vector<uint8_t> pixels(3 * plane());
    ViewMap partner_map;
    in_context(
        [&] {
          sources.read_view(partner.sample, partner.slice, content);
          const Stream stream(shape.seed, Purpose::mix_partner_view, static_cast<uint64_t>(step),
                              static_cast<uint64_t>(position));
          partner_map =
              maker.make(info, content, 0, {&settings.augment, shape.image_size, stream, pixels.data(), nullptr});
        },
        "mixing in sample ", partner.sample, " (", info.key, ")");
    uint8_t* const own = request_of(batch, step, local, 0).pixels;
    MixedView mixed = mixed_view(as_mixed(own, pick, map), as_mixed(pixels.data(), partner, partner_map), mixing,
                                 settings.mix, shape.seed, step, position);
    std::memcpy(own, mixed.pixels.data(), mixed.pixels.size());
    records = std::move(mixed.records);
  }

  // Statements about the first view, where anybody wants them.
  std::vector<Record> evidence_of_first(const Pick& pick, const ViewMap& map) const {
    return settings.regions || asks() ? evidence_in_view(pick, map) : std::vector<Record>();
  }

  std::vector<Record>& evidence_of(Batch& batch, int64_t local, size_t view) const {
    return batch.evidence[view * static_cast<size_t>(mine.size()) + static_cast<size_t>(local)];
  }

  // What is said of the picture, in the view's own pixels; of padding, mirrored edges and a cutout, that nobody
  // knows.
  std::vector<Record> evidence_in_view(const Pick& pick, const ViewMap& map) const {
    std::vector<Record> here;
    for (const Record& record : sources.records(pick.sample))
      if (record.view == kEveryView || record.view == pick.slice) here.push_back(record);
    std::vector<Record> moved =
        in_view(here, {map.to_view, shape.image_size, shape.image_size, map.picture_width, map.picture_height},
                sources.vocabulary());
    if (!is_all_known(map, shape.image_size))
      moved.push_back({.item = sources.info(pick.sample).uid,
                       .scope = Scope::mask,
                       .kind = Kind::unknown,
                       .geometry = unknown_part(map)});
    return moved;
  }

  Bytes unknown_part(const ViewMap& map) const {
    std::vector<uint8_t> pixels(plane());
    paint_known(map, shape.image_size, pixels.data());
    for (uint8_t& pixel : pixels) pixel = !pixel;
    const auto side = static_cast<uint32_t>(shape.image_size);
    return mask_bytes(rle_of_bitmap(pixels.data(), side, side));
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
    std::sort(slot.batch.damaged.begin(), slot.batch.damaged.end(),
              [](const Damage& a, const Damage& b) { return a.position < b.position; });
    return slot.batch;
  }
};

Loader::Loader(const Sources& sources, const Tokenizer& tokenizer, const DataSettings& settings,
               const LoaderShape& shape, int64_t first_step)
    : impl_(std::make_unique<Impl>(sources, tokenizer, settings, shape, first_step)) {}
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
