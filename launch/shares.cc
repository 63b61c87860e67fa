// SPDX-License-Identifier: Apache-2.0
#include "launch/shares.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace weft {
namespace {

constexpr int64_t kTileNumbers = int64_t{1} << 22, kMostQueries = 64;

Range rows_of(int64_t rows, int64_t block, int rank, int size) {
  const Range blocks = share_of((rows + block - 1) / block, rank, size);
  return {std::min(rows, blocks.begin * block), std::min(rows, blocks.end * block)};
}

}  // namespace

std::vector<Range> my_blocks(int64_t rows, int64_t block, const Comm& comm) {
  const Range mine = rows_of(rows, block, comm.rank(), comm.size());
  std::vector<Range> blocks;
  for (int64_t i = mine.begin; i < mine.end; i += block) blocks.push_back({i, std::min(mine.end, i + block)});
  return blocks;
}

Tensor gather_blocks(const std::vector<Tensor>& mine, int64_t rows, int64_t block, Comm& comm) {
  WEFT_ASSERT(rows > 0);
  if (comm.size() == 1) return at::cat(mine, 0).detach();
  std::vector<int64_t> count;
  for (int rank = 0; rank < comm.size(); ++rank) count.push_back(rows_of(rows, block, rank, comm.size()).size());
  const auto most = std::max_element(count.begin(), count.end());
  int64_t form[2] = {};  // a rank without rows learns it from one that has some
  if (!mine.empty()) form[0] = mine[0].size(1), form[1] = mine[0].scalar_type() == at::kDouble;
  comm.broadcast(form, sizeof form, static_cast<int>(most - count.begin()));
  const auto options = at::TensorOptions(form[1] ? at::kDouble : at::kFloat);
  Tensor padded = at::zeros({*most, form[0]}, options);
  if (!mine.empty()) padded.narrow(0, 0, count[static_cast<size_t>(comm.rank())]).copy_(at::cat(mine, 0).detach());
  const Tensor all = at::empty({comm.size(), *most, form[0]}, options);
  comm.all_gather(padded.data_ptr(), static_cast<size_t>(padded.nbytes()), all.data_ptr());
  std::vector<Tensor> parts;
  for (int rank = 0; rank < comm.size(); ++rank)
    parts.push_back(all.select(0, rank).narrow(0, 0, count[static_cast<size_t>(rank)]));
  return at::cat(parts, 0);
}

std::vector<double> gather_numbers(const std::vector<double>& mine, Comm& comm) {
  std::vector<double> all;
  const std::string bytes(reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(double));
  for (const std::string& of_rank : comm.gather_texts(bytes)) {
    const size_t before = all.size();
    all.resize(before + of_rank.size() / sizeof(double));
    if (!of_rank.empty()) std::memcpy(all.data() + before, of_rank.data(), of_rank.size());
  }
  return all;
}

void for_my_tiles(const Tensor& query_QD, const Tensor& candidate_CD, const Comm& comm, const JudgeTile& judge) {
  const int64_t candidates = std::max<int64_t>(candidate_CD.size(0), 1);
  const int64_t block = std::clamp<int64_t>(kTileNumbers / candidates, 1, kMostQueries);
  for (const Range& rows : my_blocks(query_QD.size(0), block, comm)) {
    const Tensor scores =
        at::mm(query_QD.narrow(0, rows.begin, rows.size()), candidate_CD.t()).to(at::kFloat).contiguous();
    judge(rows.begin, {scores.data_ptr<float>(), static_cast<size_t>(scores.numel())});
  }
}

}  // namespace weft
