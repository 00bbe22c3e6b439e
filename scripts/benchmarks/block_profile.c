// A QEMU TCG plugin (API 1, qemu-user 6.0 to 8.2): how often each basic block of an AArch64 program
// ran, between any two reads of its clock.
//
//   qemu-aarch64 -plugin block_profile.so,out=FILE PROGRAM
//
// edgec-bench --profile reads the clock before the first layer and after each one. In qemu-user
// such a read is a system call, seen here, so a layer is what lies between two of them. FILE:
//   block ID WORD...          once: the block's instructions, as hex words
//   ran ID COUNT              since the last clock line
//   clock                     the program read its clock
// For programs with one thread. Debian ships no qemu-plugin.h: what is used of it is declared here.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
enum { kClockGettime = 113 };  // the system call's number on AArch64

typedef uint64_t plugin_id;
struct tb;
struct insn;
struct info;
enum inline_op { kInlineAdd };
typedef void translated(plugin_id, struct tb *);
typedef void ended(plugin_id, void *);
typedef void called(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                    uint64_t, uint64_t, uint64_t);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct tb *, enum inline_op, void *, uint64_t);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, called *);
void qemu_plugin_register_atexit_cb(plugin_id, ended *, void *);
size_t qemu_plugin_tb_n_insns(const struct tb *);
struct insn *qemu_plugin_tb_get_insn(const struct tb *, size_t);
const void *qemu_plugin_insn_data(const struct insn *);

EXPORT int qemu_plugin_version = 1;

struct block {
  struct block *older;
  uint64_t id, ran, reported;
};
static struct block *newest;
static FILE *out;

static void on_translated(plugin_id plugin, struct tb *tb) {
  (void)plugin;
  struct block *block = calloc(1, sizeof(*block));
  if (block == NULL) abort();
  block->id = newest ? newest->id + 1 : 0;
  block->older = newest;
  newest = block;
  fprintf(out, "block %" PRIu64, block->id);
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
    uint32_t word;
    memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), sizeof(word));
    fprintf(out, " %08" PRIx32, word);
  }
  fputc('\n', out);
  qemu_plugin_register_vcpu_tb_exec_inline(tb, kInlineAdd, &block->ran, 1);
}

static void on_call(plugin_id plugin, unsigned cpu, int64_t number, uint64_t a, uint64_t b,
                    uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)plugin, (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  if (number != kClockGettime) return;
  for (struct block *block = newest; block != NULL; block = block->older) {
    const uint64_t ran = block->ran - block->reported;
    if (ran == 0) continue;
    fprintf(out, "ran %" PRIu64 " %" PRIu64 "\n", block->id, ran);
    block->reported = block->ran;
  }
  fputs("clock\n", out);
}

static void on_end(plugin_id plugin, void *unused) {
  (void)plugin, (void)unused;
  if (fclose(out) != 0) abort();
}

EXPORT int qemu_plugin_install(plugin_id plugin, const struct info *info, int count, char **values) {
  (void)info;
  if (count != 1 || strncmp(values[0], "out=", 4) != 0) return 1;
  out = fopen(values[0] + 4, "w");
  if (out == NULL) return 1;
  qemu_plugin_register_vcpu_tb_trans_cb(plugin, on_translated);
  qemu_plugin_register_vcpu_syscall_cb(plugin, on_call);
  qemu_plugin_register_atexit_cb(plugin, on_end, NULL);
  return 0;
}
