// A failure is a status and a sentence; the sentence waits in a buffer of the thread until it is
// asked for.
#ifndef EDGEC_BASE_STATUS_H_
#define EDGEC_BASE_STATUS_H_

#include "edgec/edgec.h"

namespace edgec {

// Keeps the printf-like sentence (cut at 511 bytes) and returns `status`: `return
// Fail(EDGEC_E_OPEN, ...)`.
edgec_status Fail(edgec_status status, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// The sentence of this thread's last failure, "" before one.
const char* LastError();

const char* StatusName(edgec_status status);
const char* StatusMessage(edgec_status status);

}  // namespace edgec
#endif  // EDGEC_BASE_STATUS_H_
