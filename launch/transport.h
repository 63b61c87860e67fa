// SPDX-License-Identifier: Apache-2.0
// What ranks as processes (launch/mpi_comm.cc) and ranks as threads (launch/thread_comm.cc) do differently: memory that
// the ranks of a host share, messages between hosts, and the end of a run that waits in vain.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace weft {

class Transport {
 public:
  // One message under way; its data stay as they are until it is done.
  class Message {
   public:
    virtual ~Message() = default;
    virtual bool done() = 0;
  };

  virtual ~Transport() = default;

  // One memory for all ranks of this host, who call this together with the same sizes.  It begins with `zeros` bytes of
  // zeros; the rest nobody has touched.
  virtual std::shared_ptr<std::byte> host_memory(size_t bytes, size_t zeros) = 0;

  // Messages of the same two ranks and the same tag arrive in their order; a shorter one than `bytes` may be received.
  virtual std::unique_ptr<Message> send(int rank, int tag, const std::byte* data, size_t bytes) = 0;
  virtual std::unique_ptr<Message> receive(int rank, int tag, std::byte* data, size_t bytes) = 0;

  // Called again and again by whoever waits.  Throws where the run has ended meanwhile.
  virtual void idle() = 0;
  // Ends the run.
  [[noreturn]] virtual void expired(const std::string& message) = 0;
};

}  // namespace weft
