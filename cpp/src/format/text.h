// Strings of the metadata: length, bytes, zeros up to a multiple of 4.
#ifndef EDGEC_FORMAT_TEXT_H_
#define EDGEC_FORMAT_TEXT_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"
#include "format/cursor.h"

namespace edgec {

// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF; and no NUL.
bool IsText(const uint8_t* bytes, size_t count);

// Reads one string, copies it to *pool with a NUL at its end and moves *pool behind it. A string
// takes at most as many bytes in the pool as in the stream. `what` is for the message: "the name of
// tensor 3".
edgec_status ReadString(Cursor& cursor, const char* what, char** pool, const char** text);

}  // namespace edgec
#endif  // EDGEC_FORMAT_TEXT_H_
