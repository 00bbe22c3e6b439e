// .tflite files that were cut short or changed: refused, and never read past their end.
#include "tools/tflite_check.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "base/status.h"
#include "check.h"
#include "guarded.h"

namespace {

using Bytes = std::vector<char>;

Bytes Valid() {
  std::ifstream file(EDGEC_CASES "/malformed_tflite/valid.tflite", std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  EDGEC_CHECK(!bytes.empty());
  return bytes;
}

// The last byte lies before a page that cannot be touched.
edgec_status Check(const Bytes& bytes) {
  edgec_test::Guarded<uint8_t> guarded(bytes.size());
  if (!bytes.empty()) std::memcpy(guarded.data(), bytes.data(), bytes.size());
  return edgec::CheckTflite(guarded.data(), guarded.size(), "model.tflite");
}

uint32_t Word(const Bytes& bytes, size_t at) {
  uint32_t word;
  std::memcpy(&word, &bytes[at], sizeof(word));
  return word;
}

}  // namespace

EDGEC_TEST(whole_file_is_taken) { EDGEC_CHECK_EQ(Check(Valid()), EDGEC_OK); }

EDGEC_TEST(every_shorter_file_is_refused) {
  const Bytes whole = Valid();
  for (size_t size = 0; size + 4 <= whole.size(); size += 4) {
    edgec_test::Describe("%zu of %zu bytes", size, whole.size());
    EDGEC_CHECK_EQ(Check(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
                   EDGEC_E_RUNTIME);
  }
}

EDGEC_TEST(root_outside_the_file_is_named_damage) {
  Bytes bytes = Valid();
  bytes[3] = 0x40;
  EDGEC_CHECK_EQ(Check(bytes), EDGEC_E_RUNTIME);
  EDGEC_CHECK(std::strstr(edgec::LastError(), "'model.tflite' is damaged") != nullptr);
}

EDGEC_TEST(another_identifier_is_told) {
  Bytes bytes = Valid();
  bytes[7] = '2';
  EDGEC_CHECK_EQ(Check(bytes), EDGEC_E_RUNTIME);
  EDGEC_CHECK(std::strstr(edgec::LastError(), "lacks the identifier TFL3") != nullptr);
}

EDGEC_TEST(no_word_leads_out_of_the_file) {
  const Bytes whole = Valid();
  size_t refused = 0;
  for (size_t at = 0; at + 4 <= whole.size(); ++at) {
    for (const uint32_t value : {0xffffffffu, 0x7fffffffu, 0x80000000u, 0x0000ffffu,
                                 static_cast<uint32_t>(whole.size()), Word(whole, at) + 1}) {
      Bytes bytes = whole;
      std::memcpy(&bytes[at], &value, sizeof(value));
      refused += Check(bytes) != EDGEC_OK;
    }
  }
  EDGEC_CHECK(refused > whole.size());
}

EDGEC_TEST(random_damage_never_leads_out_of_the_file) {
  const Bytes whole = Valid();
  std::minstd_rand random(7);
  size_t refused = 0;
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = whole;
    for (int k = 0; k < 4; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(bytes.size() - random() % 16);
    refused += Check(bytes) != EDGEC_OK;
  }
  EDGEC_CHECK(refused > 0);
}
