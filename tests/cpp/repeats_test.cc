// Compressed metadata: what is read back, that damage is refused inside the buffers, and files.
#include "format/repeats.h"

#include <string>
#include <vector>

#include "base/status.h"
#include "check.h"
#include "format/model_file.h"
#include "model_builder.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;

// Exactly as long in both buffers, so that a sanitizer sees a step beside them.
bool Reads(const std::vector<uint8_t>& from, size_t size, std::string* text = nullptr) {
  const AlignedBytes exact(from);
  std::vector<uint8_t> to(size);
  to.shrink_to_fit();
  const bool right = edgec::Decompress(exact.data(), exact.size(), to.data(), size);
  if (text != nullptr) text->assign(to.begin(), to.end());
  return right;
}

EDGEC_TEST(LiteralsAndRepeatsAreReadBack) {
  std::string text;
  EDGEC_CHECK(Reads({0x30, 'a', 'b', 'c'}, 3, &text));
  EDGEC_CHECK(text == "abc");
  EDGEC_CHECK(Reads({0x21, 'a', 'b', 2, 0, 0x10, '!'}, 8, &text));
  EDGEC_CHECK(text == "abababa!");
  EDGEC_CHECK(Reads({0x1F, 'z', 1, 0, 255, 0, 0x00}, 1 + 4 + 15 + 255, &text));
  EDGEC_CHECK(text == std::string(275, 'z'));
}

EDGEC_TEST(DamageIsRefused) {
  EDGEC_CHECK(!Reads({}, 0));                       // not even a last sequence
  EDGEC_CHECK(!Reads({0x30, 'a', 'b'}, 3));         // literals that are not there
  EDGEC_CHECK(!Reads({0x30, 'a', 'b', 'c'}, 4));    // too few
  EDGEC_CHECK(!Reads({0x30, 'a', 'b', 'c'}, 2));    // too many
  EDGEC_CHECK(!Reads({0x10, 'a', 0, 0, 0x00}, 5));  // distance 0
  EDGEC_CHECK(!Reads({0x10, 'a', 2, 0, 0x00}, 5));  // before the first byte
  EDGEC_CHECK(!Reads({0x10, 'a', 1, 0, 0x00}, 4));  // a repeat that is too long
  EDGEC_CHECK(!Reads({0x10, 'a', 1, 0}, 5));        // ends with a repeat
  EDGEC_CHECK(!Reads({0x10, 'a', 1}, 5));           // half a distance
  EDGEC_CHECK(!Reads({0xF0, 255, 255}, 600));       // a length that does not end
}

EDGEC_TEST(AnyBytesAreReadInsideTheBuffers) {
  uint32_t state = 7;
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> from(1 + round % 40);
    for (uint8_t& byte : from) {
      byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
      if (round % 2 == 0) byte &= 0x33;  // short sequences, small distances
    }
    Reads(from, static_cast<size_t>(round % 100));
  }
}

edgec_status Read(const std::vector<uint8_t>& bytes) {
  const AlignedBytes aligned(bytes);
  edgec::ModelFile file;
  return edgec::ReadModelFile(aligned.data(), aligned.size(), &file);
}

EDGEC_TEST(AFileMayHaveItsMetadataCompressedAtTheEnd) {
  ModelBuilder model = edgec_test::SmallModel();
  model.compressed = true;
  std::vector<uint8_t> bytes = model.Build();
  EDGEC_CHECK_EQ(Read(bytes), EDGEC_OK);
  for (size_t size = 0; size < bytes.size(); ++size) {
    edgec_test::Describe("%zu bytes", size);
    std::vector<uint8_t> prefix(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    EDGEC_CHECK(Read(prefix) != EDGEC_OK);
    edgec_test::Seal(&prefix);
    EDGEC_CHECK(Read(prefix) != EDGEC_OK);
  }
  bytes.back() ^= 1;
  EDGEC_CHECK_EQ(Read(bytes), EDGEC_E_CHECKSUM);
  bytes.back() ^= 1;
  edgec::Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.metadata_bytes = 1u << 26;
  std::memcpy(bytes.data(), &header, sizeof(header));
  EDGEC_CHECK_EQ(Read(bytes), EDGEC_E_HEADER);
}

}  // namespace
