// SPDX-License-Identifier: Apache-2.0
#include "data/shard_series.h"

#include <cstdio>

#include "base/error.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

std::string shard_name(size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "images-%05zu.h5", number);
  return name;
}

Path staged(const Path& path) {
  return path.string() + ".tmp";
}

}  // namespace

bool is_shard_name(const std::string& file) {
  return file.starts_with("images-") && (file.ends_with(".h5") || file.ends_with(".h5.tmp"));
}

void fail_because_finished(const Path& folder, const Manifest& finished, const std::string& what) {
  fail(folder.string(), ": already holds the finished dataset \"", finished.name, "\", and ", what,
       " would differ; give another folder, or remove this one first");
}

ShardSeries::ShardSeries(Path folder, uint64_t shard_bytes, const Manifest* finished)
    : folder_(std::move(folder)), shard_bytes_(shard_bytes), finished_(finished) {}

ShardSeries::~ShardSeries() = default;

Path ShardSeries::path() const {
  return folder_ / shard_name(shards_.size());
}

void ShardSeries::add(const Bytes& content, const SampleInfo& info) {
  if (samples_ > 0 && filled() + content.size() > shard_bytes_) close();
  if (samples_ == 0) begin();
  if (found_ && !is_found(content, info)) write_anew();
  if (found_)
    ++kept_;
  else
    writer_->add(content, info);
  ++samples_;
  if (info.link.empty())
    layout_.place(content.size());
  else
    linked_ += content.size();
}

void ShardSeries::begin() {
  if (finished_ && shards_.size() >= finished_->shards.size())
    fail_because_finished(folder_, *finished_, "the number of its image files");
  if (may_find_ && fs::exists(path())) {
    try {
      found_ = std::make_unique<ShardReader>(path());
    } catch (const Error&) {  // of an earlier version, or damaged
      if (finished_) fail_because_finished(folder_, *finished_, path().filename().string());
    }
  }
  if (found_) return;
  may_find_ = false;
  remove_from(shards_.size());
  writer_ = std::make_unique<ShardWriter>(staged(path()));
}

bool ShardSeries::is_found(const Bytes& content, const SampleInfo& info) {
  if (samples_ >= found_->infos().size() || !(found_->infos()[samples_] == info)) return false;
  if (!info.link.empty()) return true;
  buffer_.resize(content.size());
  found_->read(samples_, buffer_);
  return buffer_ == content;
}

void ShardSeries::write_anew() {
  if (finished_) fail_because_finished(folder_, *finished_, path().filename().string());
  writer_ = std::make_unique<ShardWriter>(staged(path()));
  for (size_t i = 0; i < samples_; ++i) {
    const SampleInfo& info = found_->infos()[i];
    buffer_.resize(info.link.empty() ? info.bytes : 0);
    if (info.link.empty()) found_->read(i, buffer_);
    writer_->add(buffer_, info);
  }
  found_.reset();
  may_find_ = false;
  remove_from(shards_.size() + 1);  // this one stays until what takes its place is whole
}

void ShardSeries::close() {
  if (found_ && samples_ < found_->infos().size()) write_anew();
  const Path whole = path();
  if (writer_) {
    writer_->close();
    writer_.reset();
    publish(staged(whole), whole);
  }
  found_.reset();
  shards_.push_back({whole.filename().string(), samples_, fs::file_size(whole), hash_of_file(whole)});
  samples_ = 0, linked_ = 0, layout_ = {};
  if (finished_ && !(shards_.back() == finished_->shards[shards_.size() - 1]))
    fail_because_finished(folder_, *finished_, whole.filename().string());
}

std::vector<ShardEntry> ShardSeries::finish() {
  if (samples_ > 0) close();
  if (finished_ && shards_.size() != finished_->shards.size())
    fail_because_finished(folder_, *finished_, "the number of its image files");
  if (!finished_) remove_from(shards_.size());
  return shards_;
}

void ShardSeries::remove_from(size_t number) const {
  for (; fs::exists(folder_ / shard_name(number)); ++number) fs::remove(folder_ / shard_name(number));
}

}  // namespace weft
