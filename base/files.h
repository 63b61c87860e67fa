// SPDX-License-Identifier: Apache-2.0
// Files that are either whole or absent: written beside their place, synced, renamed, and the folder synced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

using Path = std::filesystem::path;
using Bytes = std::vector<uint8_t>;

// Throws Error with the path and the system's reason.
std::string read_text(const Path& path);
Bytes read_bytes(const Path& path);

void write_atomically(const Path& path, std::string_view content);
void write_atomically(const Path& path, const Bytes& content);

// A file or folder that was written under `temporary` gets its name: fsync, rename, fsync of the folder above.
void publish(const Path& temporary, const Path& final);
void sync_file(const Path& path);    // fsync of a file or a folder
void make_folder(const Path& path);  // with its parents; an Error names what stands in the way
void append_line(const Path& path,
                 std::string_view line);  // one write(2), so that a kill cuts no line of another process

}  // namespace weft
