# SPDX-License-Identifier: Apache-2.0
# The numbers of tests/base/random_test.cc and hash_test.cc, from the papers' definitions: pip install xxhash, then
# python make_random.py.  Philox4x32-10: Salmon et al., SC 2011; the mixer: Steele et al., OOPSLA 2014.
import xxhash
from crc32c import crc32c

M32, M64 = 2**32 - 1, 2**64 - 1


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & M32, (a >> 32) ^ c[3] ^ k[1], a & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & M64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def stream(seed, purpose, step, item, count):
    key = mix(seed + 0x9E3779B97F4A7C15 * (1 + purpose) & M64)
    high = (step >> 32) << 16 | item >> 32
    draws = []
    for block in range(-(-count // 4)):
        draws += philox([block, item & M32, step & M32, high], [key & M32, key >> 32])
    return draws[:count]


def permutation(size, seed, turn):
    half = 1
    while 1 << 2 * half < size:
        half += 1
    mask = (1 << half) - 1

    def encrypt(value):
        left, right = value >> half, value & mask
        for r in range(8):
            left, right = right, (left ^ mix(right + mix(seed + mix(turn * 8 + r) & M64) & M64)) & mask
        return left << half | right

    def at(index):
        index = encrypt(index)
        while index >= size:
            index = encrypt(index)
        return index

    return [at(i) for i in range(size)]


def show(words):
    return " ".join(f"{word:08x}" for word in words)


print("philox zeros", show(philox([0] * 4, [0] * 2)))
print("philox ones ", show(philox([M32] * 4, [M32] * 2)))
pi = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0]
print("philox pi   ", show(philox(pi[:4], pi[4:])))
print("stream      ", show(stream(7, 4, (5 << 32) + 3, (9 << 32) + 11, 6)))
print("permutation ", permutation(11, 7, 2))
print("crc32c      ", f"{crc32c(b'123456789'):08x} {crc32c(bytes(range(256))):08x}")
print("xxh3 64     ", xxhash.xxh3_64_hexdigest(b"weft"), xxhash.xxh3_64_hexdigest(b"weft", seed=7))
print("xxh3 128    ", xxhash.xxh3_128_hexdigest(b"weft"))
print("xxh3 of 3 MB", xxhash.xxh3_64_hexdigest(bytes(i % 251 for i in range(3_000_000))))
