#include "serve.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "base/status.h"

namespace edgec {
namespace {

constexpr size_t kLeastRuns = 3, kMostRuns = 20000;
constexpr uint64_t kMostValues = 4096;

struct Samples {
  std::vector<uint64_t> wall_ns, cpu_ns;
};

edgec_status Written(Json* json) {
  const bool written = json->Finish() && std::fflush(stdout) == 0;
  return written ? EDGEC_OK : Fail(EDGEC_E_OPEN, "cannot write to the standard output");
}

void DescribeOutput(const Runner& model, uint32_t index, Json* json) {
  edgec_tensor_info info;
  if (model.OutputInfo(index, &info) != EDGEC_OK || info.dtype != EDGEC_F32) return;
  const float* values = static_cast<const float*>(model.OutputData(index));
  json->BeginArray();
  const uint64_t count = std::min<uint64_t>(info.bytes / sizeof(float), kMostValues);
  for (uint64_t i = 0; i < count; ++i) json->Float(nullptr, values[i]);
  json->EndArray();
}

edgec_status Greet(const Session& session, uint64_t load_ns) {
  Json json(stdout);
  json.BeginObject();
  DescribeIdentity(session, &json);
  json.Unsigned("load_ns", load_ns);
  json.BeginArray("outputs");
  for (uint32_t i = 0; i < session.model->output_count(); ++i) {
    DescribeOutput(*session.model, i, &json);
  }
  json.EndArray();
  json.EndObject();
  return Written(&json);
}

edgec_status RunFor(Runner& model, Inputs& inputs, uint64_t least_ns, Samples* samples) {
  const uint64_t started_ns = NowNs();
  while (samples->wall_ns.size() < kMostRuns) {
    if (NowNs() - started_ns >= least_ns && samples->wall_ns.size() >= kLeastRuns) break;
    inputs.Refill();
    const uint64_t cpu_ns = ReadClockNs(CLOCK_PROCESS_CPUTIME_ID), wall_ns = NowNs();
    if (const edgec_status status = model.Run()) return status;
    samples->wall_ns.push_back(NowNs() - wall_ns);
    samples->cpu_ns.push_back(ReadClockNs(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns);
  }
  return EDGEC_OK;
}

edgec_status Answer(const Samples& samples) {
  Json json(stdout);
  json.BeginObject();
  json.BeginArray("wall_ns");
  for (const uint64_t wall_ns : samples.wall_ns) json.Unsigned(nullptr, wall_ns);
  json.EndArray();
  json.BeginArray("cpu_ns");
  for (const uint64_t cpu_ns : samples.cpu_ns) json.Unsigned(nullptr, cpu_ns);
  json.EndArray();
  json.EndObject();
  return Written(&json);
}

edgec_status Part() {
  Json json(stdout);
  json.BeginObject();
  json.Unsigned("peak_rss_bytes", PeakRssBytes());
  json.EndObject();
  return Written(&json);
}

edgec_status Obey(const char* line, Runner& model, Inputs& inputs) {
  char* end = nullptr;
  const double seconds = std::strncmp(line, "run ", 4) == 0 ? std::strtod(line + 4, &end) : -1;
  if (seconds < 0 || end == line + 4 || *end != '\n') {
    return Fail(EDGEC_E_ARGUMENT, "a line to --serve is 'run SECONDS' or 'quit'");
  }
  Samples samples;
  if (const edgec_status status = RunFor(model, inputs, Nanoseconds(seconds), &samples)) {
    return status;
  }
  return Answer(samples);
}

}  // namespace

edgec_status Serve(const Session& session, Inputs& inputs, uint64_t load_ns) {
  inputs.Refill();
  edgec_status status = session.model->Run();
  if (!status) status = Greet(session, load_ns);
  char line[64];
  while (!status && std::fgets(line, sizeof(line), stdin) != nullptr) {
    if (std::strcmp(line, "quit\n") == 0) break;
    status = Obey(line, *session.model, inputs);
  }
  return status ? status : Part();
}

}  // namespace edgec
