#include "roofline.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_memory.h"
#include "base/clock.h"
#include "base/status.h"
#include "kernels/peak/peak_table.h"

namespace edgec {
namespace {

constexpr uint64_t kTrialNs = 2000000;
constexpr int kTrials = 5;  // the best one counts: other programs only take away

// The name's number, or kIsaCount.
Isa IsaOf(const char* name) {
  uint32_t i = 0;
  for (; edgec_isa_name(i) != nullptr; ++i) {
    if (std::strcmp(edgec_isa_name(i), name) == 0) break;
  }
  if (edgec_isa_name(i) == nullptr) return Isa::kIsaCount;
  for (i = 0; std::strcmp(IsaName(static_cast<Isa>(i)), name) != 0;) ++i;
  return static_cast<Isa>(i);
}

// Units per nanosecond; `work()` returns the units it did.
template <class Work>
double Rate(Work work) {
  double best = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const uint64_t started_ns = NowNs();
    uint64_t units = 0, taken_ns = 0;
    while (taken_ns < kTrialNs) {
      units += work();
      taken_ns = NowNs() - started_ns;
    }
    best = std::max(best, static_cast<double>(units) / static_cast<double>(taken_ns));
  }
  return best;
}

}  // namespace

constexpr uint64_t Roofline::kBufferBytes[];

edgec_status Roofline::Measure(const char* name) {
  constexpr size_t kRounds = 1000;
  alignas(64) static uint32_t sink[kPeakSink];
  const Isa isa = IsaOf(name);
  if (isa == Isa::kIsaCount) {
    return Fail(EDGEC_E_ISA, "there is no instruction set '%s' here; edgec-run --list-isa", name);
  }
  const IsaSet set = IsaSet::Detect().LimitedTo(isa);
  const auto s8 = PeakS8Kernels().Best(set);
  const auto f32 = PeakF32Kernels().Best(set);
  const auto read = ReadKernels().Best(set);
  s8_macs_ = Rate([&] { return s8.run(kRounds, reinterpret_cast<int32_t*>(sink)); });
  f32_macs_ = Rate([&] { return f32.run(kRounds, reinterpret_cast<float*>(sink)); });
  AlignedMemory memory;
  if (!memory.Allocate(kBufferBytes[kBuffers - 1])) {
    return Fail(EDGEC_E_MEMORY, "no memory to measure how fast it is read");
  }
  std::memset(memory.data(), 1, kBufferBytes[kBuffers - 1]);  // pages of its own
  for (uint32_t i = 0; i < kBuffers; ++i) {
    read_bytes_[i] = Rate([&] {
      read.run(memory.data(), kBufferBytes[i], sink);
      return kBufferBytes[i];
    });
  }
  return EDGEC_OK;
}

uint64_t Roofline::LeastNs(const edgec_layer_info& layer, uint32_t threads, bool* compute) const {
  const double macs = std::strstr(layer.op, "f32") == nullptr ? s8_macs_ : f32_macs_;
  uint32_t i = 0;
  while (i + 1 < kBuffers && kBufferBytes[i] < layer.bytes) ++i;
  const double compute_ns = macs > 0 ? static_cast<double>(layer.macs) / macs : 0;
  const double read_ns = read_bytes_[i] > 0 ? static_cast<double>(layer.bytes) / read_bytes_[i] : 0;
  *compute = compute_ns >= read_ns;
  return static_cast<uint64_t>(std::max(compute_ns, read_ns) / std::max(threads, 1u));
}

void Roofline::Describe(Json* json) const {
  json->BeginObject("roofline");
  json->Float("s8_gmac_per_s", static_cast<float>(s8_macs_));
  json->Float("f32_gmac_per_s", static_cast<float>(f32_macs_));
  json->BeginArray("read");
  for (uint32_t i = 0; i < kBuffers; ++i) {
    json->BeginObject();
    json->Unsigned("buffer_bytes", kBufferBytes[i]);
    json->Float("gb_per_s", static_cast<float>(read_bytes_[i]));
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

}  // namespace edgec
