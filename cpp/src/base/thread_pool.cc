#include "base/thread_pool.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <vector>

namespace edgec {
namespace {

constexpr uint32_t kMaxThreads = 256;
constexpr size_t kStackBytes = 1u << 20;
// Some ten microseconds, the usual gap between two layers; then a thread sleeps. x86's pause takes
// 40 to 140 cycles, ARM's yield hardly any.
#if defined(__x86_64__) || defined(__i386__)
constexpr uint32_t kSpins = 500;
#else
constexpr uint32_t kSpins = 5000;
#endif

void Relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

constexpr uint32_t kOpen = 1u << 31;
constexpr size_t kPiecesPerThread = 4;  // a thread that comes late costs the others a fourth

}  // namespace

// A job is cut into pieces, which threads take one after the other: nobody waits for a thread that
// another program keeps from its core. A worker waits for its ticket to change, first spinning,
// then on the condition, and enters the job through the gate if that is still open. The caller
// closes the gate when no piece is left, and waits for those inside: then the job's fields may
// change.
struct ThreadPool::State {
  struct alignas(64) Worker {
    std::atomic<uint32_t> ticket{0};
    State* state = nullptr;
    uint32_t thread = 0;
    pthread_t handle{};
  };

  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
  pthread_cond_t done = PTHREAD_COND_INITIALIZER;
  uint32_t sleeping = 0;          // workers inside pthread_cond_wait; under the mutex
  bool caller_sleeping = false;   // under the mutex
  std::atomic<bool> stop{false};  // set before the last ticket; late workers look at it earlier
  uint32_t spins = 0;

  // The job: written before the gate opens.
  Body body = nullptr;
  void* context = nullptr;
  size_t count = 0, pieces = 0;
  alignas(64) std::atomic<size_t> next_piece{0};
  alignas(64) std::atomic<uint32_t> gate{0};  // kOpen, and how many workers are inside

  std::unique_ptr<Worker[]> workers;  // worker i is thread i + 1
  uint32_t worker_count = 0;

  static void* Main(void* argument);
  void WaitForTicket(Worker& worker, uint32_t last);
  void Wake(uint32_t active);
  bool Enter();
  void Leave();
  void TakePieces(uint32_t thread);
  void Close();
};

void ThreadPool::State::WaitForTicket(Worker& worker, uint32_t last) {
  for (uint32_t i = 0; i < spins; ++i) {
    if (worker.ticket.load(std::memory_order_acquire) != last) return;
    Relax();
  }
  pthread_mutex_lock(&mutex);
  ++sleeping;
  while (worker.ticket.load(std::memory_order_acquire) == last) pthread_cond_wait(&wake, &mutex);
  --sleeping;
  pthread_mutex_unlock(&mutex);
}

void* ThreadPool::State::Main(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  State& state = *self.state;
  for (uint32_t ticket = 0;; ++ticket) {
    state.WaitForTicket(self, ticket);
    if (state.stop) return nullptr;
    if (!state.Enter()) continue;
    state.TakePieces(self.thread);
    state.Leave();
  }
}

// The tickets change under the mutex, so a worker that is about to sleep cannot miss its wake-up.
void ThreadPool::State::Wake(uint32_t active) {
  pthread_mutex_lock(&mutex);
  for (uint32_t i = 0; i < active; ++i) workers[i].ticket.fetch_add(1, std::memory_order_release);
  if (sleeping > 0) pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&mutex);
}

// Acquires the job's fields. A late worker may enter the next job instead: that is as good.
bool ThreadPool::State::Enter() {
  uint32_t seen = gate.load(std::memory_order_relaxed);
  while ((seen & kOpen) != 0) {
    if (gate.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

void ThreadPool::State::Leave() {
  if (gate.fetch_sub(1, std::memory_order_acq_rel) != 1) return;  // still open, or not the last
  pthread_mutex_lock(&mutex);
  if (caller_sleeping) pthread_cond_signal(&done);
  pthread_mutex_unlock(&mutex);
}

void ThreadPool::State::TakePieces(uint32_t thread) {
  const size_t size = count / pieces, longer = count % pieces;  // the first have one more
  for (;;) {
    const size_t piece = next_piece.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pieces) return;
    const size_t begin = piece * size + (piece < longer ? piece : longer);
    body(context, begin, begin + size + (piece < longer), thread);
  }
}

void ThreadPool::State::Close() {
  gate.fetch_and(~kOpen, std::memory_order_acq_rel);
  for (uint32_t i = 0; i < spins; ++i) {
    if (gate.load(std::memory_order_acquire) == 0) return;
    Relax();
  }
  pthread_mutex_lock(&mutex);
  caller_sleeping = true;
  while (gate.load(std::memory_order_acquire) != 0) pthread_cond_wait(&done, &mutex);
  caller_sleeping = false;
  pthread_mutex_unlock(&mutex);
}

ThreadPool::ThreadPool(uint32_t threads) : state_(new State) {
  if (threads > kMaxThreads) threads = kMaxThreads;
  if (threads <= 1) return;
  State& state = *state_;
  // Spinning on a core that the other thread needs only delays it.
  state.spins = sysconf(_SC_NPROCESSORS_ONLN) >= static_cast<long>(threads) ? kSpins : 0;
  state.workers.reset(new State::Worker[threads - 1]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  for (uint32_t i = 0; i + 1 < threads; ++i) {
    State::Worker& worker = state.workers[i];
    worker.state = &state;
    worker.thread = i + 1;
    if (pthread_create(&worker.handle, &attributes, State::Main, &worker) != 0) break;
    ++state.worker_count;
  }
  pthread_attr_destroy(&attributes);
}

ThreadPool::~ThreadPool() {
  State& state = *state_;
  state.stop = true;
  if (state.worker_count > 0) state.Wake(state.worker_count);
  for (uint32_t i = 0; i < state.worker_count; ++i) pthread_join(state.workers[i].handle, nullptr);
  pthread_cond_destroy(&state.done);
  pthread_cond_destroy(&state.wake);
  pthread_mutex_destroy(&state.mutex);
}

uint32_t ThreadPool::threads() const { return state_->worker_count + 1; }

void ThreadPool::ParallelFor(size_t count, size_t grain, Body body, void* context) {
  if (count == 0) return;
  State& state = *state_;
  const size_t most = grain > 1 ? count / grain : count;
  if (most <= 1 || state.worker_count == 0) {
    body(context, 0, count, 0);
    return;
  }
  assert(state.gate.load(std::memory_order_relaxed) == 0);  // ranges do not nest
  state.body = body;
  state.context = context;
  state.count = count;
  state.pieces = std::min(most, threads() * kPiecesPerThread);
  state.next_piece.store(0, std::memory_order_relaxed);
  state.gate.store(kOpen, std::memory_order_release);
  state.Wake(static_cast<uint32_t>(std::min<size_t>(most - 1, state.worker_count)));
  state.TakePieces(0);
  state.Close();
}

}  // namespace edgec
