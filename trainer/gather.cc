// SPDX-License-Identifier: Apache-2.0
#include "trainer/gather.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include "base/error.h"

namespace weft {

Tensor gather_rows(const Tensor& mine, int64_t world_rows, Comm& comm) {
  WEFT_ASSERT(mine.size(0) == share_of(world_rows, comm.rank(), comm.size()).size());
  if (comm.size() == 1) return mine.detach();
  const int64_t width = mine.size(1), most = (world_rows + comm.size() - 1) / comm.size();
  Tensor padded = at::zeros({most, width}, at::kFloat);
  padded.narrow(0, 0, mine.size(0)).copy_(mine.detach());
  const Tensor all = at::empty({comm.size(), most, width}, at::kFloat);
  comm.all_gather(padded.data_ptr(), static_cast<size_t>(padded.nbytes()), all.data_ptr());
  std::vector<Tensor> rows;
  for (int rank = 0; rank < comm.size(); ++rank)
    rows.push_back(all.select(0, rank).narrow(0, 0, share_of(world_rows, rank, comm.size()).size()));
  return at::cat(rows, 0);
}

}  // namespace weft
