// edgec-bench --serve: measures when it is told to, so that another program can take turns with it.
#ifndef EDGEC_TOOLS_SERVE_H_
#define EDGEC_TOOLS_SERVE_H_

#include "session.h"
#include "timed_run.h"

namespace edgec {

// Line by line, each answer one line of JSON:
//   (at the start)  {"load_ns", "outputs": [[first 4096 values of each float output] ...]}
//   run SECONDS     {"wall_ns": [...], "cpu_ns": [...]}: of each run, at least 3, at most 20000;
//                   "cpu" is the whole process: of all threads
//   quit, or EOF    {"peak_rss_bytes"}, and the end
// Any other line ends in EDGEC_E_ARGUMENT.
edgec_status Serve(const Session& session, Inputs& inputs, uint64_t load_ns);

}  // namespace edgec
#endif  // EDGEC_TOOLS_SERVE_H_
