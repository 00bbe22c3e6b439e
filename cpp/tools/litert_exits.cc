#include "litert_exits.h"

#include <algorithm>
#include <cstring>

#include "base/softmax_sum.h"
#include "base/status.h"

namespace edgec {

constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderWords = 3;

bool LiteRtExits::Ends(const Segment& segment, const void* logits, uint64_t bytes) const {
  return SoftmaxSum(static_cast<const float*>(logits), bytes / sizeof(float),
                    exponentials.data()) <= segment.limit;
}

uint32_t LiteRtExits::WholeAnswer() const {
  for (uint32_t k = 0; k < outputs.size(); ++k) {
    const auto judges = [k](const Segment& segment) { return segment.answer == k; };
    if (std::none_of(segments.begin(), segments.end(), judges)) return k;
  }
  return 0;
}

edgec_status LiteRtExits::Read(const void* metadata, size_t bytes) {
  std::vector<uint32_t> words(bytes / sizeof(uint32_t));
  std::memcpy(words.data(), metadata, words.size() * sizeof(uint32_t));
  if (bytes % sizeof(uint32_t) == 0 && Parse(words) && ExitsAreWrittenWhereTheyEnd()) {
    return EDGEC_OK;
  }
  return Fail(EDGEC_E_RUNTIME,
              "the metadata '%s' is damaged, or of a later edgec: lower the model again",
              kMetadata);
}

bool LiteRtExits::Parse(const std::vector<uint32_t>& words) {
  if (words.size() < kHeaderWords || words[0] != kVersion) return false;
  const uint64_t segment_count = words[1], output_count = words[2];
  const uint64_t wanted = kHeaderWords + 2 * (output_count + segment_count) + kSoftmaxEntries;
  if (segment_count == 0 || output_count == 0 || words.size() != wanted) return false;
  const uint32_t* word = words.data() + kHeaderWords;
  for (uint64_t i = 0; i < output_count; ++i, word += 2) outputs.push_back({word[0], word[1]});
  for (uint64_t i = 0; i < segment_count; ++i, word += 2) segments.push_back({word[0], word[1]});
  exponentials.assign(word, word + kSoftmaxEntries);
  return true;
}

bool LiteRtExits::ExitsAreWrittenWhereTheyEnd() const {
  for (const Place& place : outputs) {
    if (place.segment >= segments.size()) return false;
  }
  for (uint32_t i = 0; i < segments.size(); ++i) {
    const uint32_t answer = segments[i].answer;
    if (answer == kNoExit) continue;
    if (answer >= outputs.size() || outputs[answer].segment != i) return false;
  }
  return true;
}

}  // namespace edgec
