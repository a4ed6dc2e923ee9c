/* SPDX-License-Identifier: MIT
 *
 * See runtime_python.h. Between `enter` and `leave` the interpreter lock is held, and an exception
 * that was pending in the thread is put aside: it is the green thread's, and would be the next
 * one's. All that this file keeps of a green thread's call is kept by the helper, under the green
 * thread.
 */
#include "runtime_python.h"

#include "calls.h"
#include "clock.h"
#include "gap.h"
#include "guard.h"
#include "python_api.h"
#include "python_layout.h"
#include "python_reader.h"
#include "python_walk.h"
#include "raw.h"
#include "wakers.h"

#include <poll.h>
#include <shunt.h>
#include <string.h>
#include <sys/epoll.h>

enum { FILE_INPUT = 257 /* Py_file_input */, SECOND = 1000000000 };
enum here { HERE, HERE_NO_GREEN, HERE_NO_RUNTIME }; /* what the helper's function answers */

extern const char runtime_python_text[] __attribute__((visibility("hidden")));

/* Functions of the helper. Its objects are never given up: an interpreter that comes to its end
 * would end the parked green threads first. Written once, with the interpreter lock held. */
static struct {
    void *here;
    void *wait;
    void *escaped;
    void *promise;
    void *take_back;
    void *keep;
    void *kept;
    void *getrefcount;
    void *owed;      /* dict: what was raised in green threads */
    void *promised;  /* dict: what is to be raised in threads */
    void *set_aside; /* dict: exceptions that were pending */
} helper;
static uint32_t helper_state; /* enum helper_state */
enum helper_state { HELPER_NONE, HELPER_READY, HELPER_BROKEN };

enum { ERROR_PARTS = 3 }; /* type, value, traceback */

/* The class whose exception was promised to this thread, and perhaps not raised yet; a reference.
 * While it is not, no code of Python's may run: it would be raised there. */
static __thread void *promised;

/* The call that was entered has not waited yet. */
static __thread uint32_t fresh;

/* On a thread without a hub: how often in a row that was found, and when. */
static __thread uint32_t vain;
static __thread uint64_t vain_since;

/* The call that was asked about before os.read could be told: the helper comes with `enter`. */
static __thread struct visit first;

/* ---- refusals: without the lock ---- */

/* One that the program itself ran, in this process. */
static int hub_was_seen(const struct thread *t)
{
    const struct turn_point *loop = t->turns.loop;
    return loop && loop->record && loop->record->flags & WAIT_HUB;
}

/* A hub that a fork child inherits, run or not, would run its parent's green threads there; and
 * what is about to execute another program closes the hub's descriptors. */
static int is_inherited(const struct thread *t)
{
    return !hub_was_seen(t) && trace_file->pid != raw_getpid();
}

static int is_hub_wait(const struct visit *v)
{
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    return slot && slot->flags & SLOT_HUB_WAIT;
}

/* Whether a thread has a hub is known with the lock only, which others may hold for long: a thread
 * that had none is asked now and then, and more often before there is any. */
static int is_in_vain(const struct visit *v)
{
    enum { FEW = 4, PAUSE = SECOND / 20, PAUSE_BEFORE = SECOND / 200 };
    const struct thread *t = v->thread;
    uint64_t pause = helper_state == HELPER_NONE ? PAUSE_BEFORE : PAUSE;
    return vain > FEW && !t->green.number && !hub_was_seen(t) &&
           v->start - vain_since < clock_ticks(pause);
}

/* A lock or condition of the interpreter's own: its lock, or what guards that. Whoever parks takes
 * it first. */
static int is_interpreters_own(const struct visit *v)
{
    return call_infos[v->call].family == FAMILY_sync && python_contains(v->caller);
}

static int refuse(const struct visit *v)
{
    if (!v->thread || !python_api_ready())
        return REASON_NO_RUNTIME;
    const void *state = python.thread_state();
    if (!state)
        return REASON_NO_RUNTIME;
    if (python.finalizing())
        return REASON_FINALIZING;
    void *interpreter = python.interpreter_head();
    if (interpreter && python.interpreter_next(interpreter))
        return REASON_INTERPRETERS;
    if (!python_thread())
        return REASON_NO_RUNTIME;
    if (python_api.current() == state)
        return REASON_GIL_HELD;
    if (is_interpreters_own(v))
        return REASON_LOCK_ORDER;
    if (is_hub_wait(v) || is_in_vain(v) || is_inherited(v->thread))
        return REASON_NO_GREEN;
    if (python_is_importing(state))
        return REASON_IMPORTING;
    if (__atomic_load_n(&helper_state, __ATOMIC_ACQUIRE) == HELPER_NONE) {
        first = *v;
        return REASON_NONE;
    }
    return python_reader(v) ? REASON_READER : REASON_NONE;
}

/* ---- the helper: with the lock ---- */

static void *function(void *globals, const char *name)
{
    return python_api.PyDict_GetItemString(globals, name);
}

static int has_functions(void *globals)
{
    helper.here = function(globals, "here");
    helper.wait = function(globals, "wait");
    helper.escaped = function(globals, "escaped");
    helper.promise = function(globals, "promise");
    helper.take_back = function(globals, "take_back");
    helper.keep = function(globals, "keep");
    helper.kept = function(globals, "kept");
    helper.getrefcount = function(globals, "getrefcount");
    helper.owed = function(globals, "owed");
    helper.promised = function(globals, "promised");
    helper.set_aside = function(globals, "set_aside");
    return helper.here && helper.wait && helper.escaped && helper.promise && helper.take_back &&
           helper.keep && helper.kept && helper.getrefcount && helper.owed && helper.promised &&
           helper.set_aside;
}

static int run_helper(void *globals, void *modules)
{
    const struct python_api *py = &python_api;
    void *code = py->Py_CompileString(runtime_python_text, "<shunt>", FILE_INPUT);
    if (!code || py->PyDict_SetItemString(globals, "__builtins__", py->PyEval_GetBuiltins()) != 0 ||
        py->PyDict_SetItemString(globals, "modules", modules) != 0)
        return 0;
    void *result = py->PyEval_EvalCode(code, globals, globals);
    return result && has_functions(globals);
}

/* The address of a built-in function of the module posix. */
static void *posix_function(const char *name)
{
    const struct python_api *py = &python_api;
    void *module = py->PyDict_GetItemString(py->PyImport_GetModuleDict(), "posix");
    void *object = module ? py->PyObject_GetAttrString(module, name) : NULL;
    void *address = object ? py->PyCFunction_GetFunction(object) : NULL;
    py->PyErr_Clear();
    return address;
}

/* Is one of the runtimes there, and with it what the helper takes for granted? Another thread may
 * be importing them. */
static int is_there(void *modules)
{
    const struct python_api *py = &python_api;
    void *greenlet = py->PyDict_GetItemString(modules, "greenlet");
    if (!greenlet || !(py->PyDict_GetItemString(modules, "eventlet.hubs") ||
                       py->PyDict_GetItemString(modules, "gevent.hub")))
        return 0;
    void *current = py->PyObject_GetAttrString(greenlet, "getcurrent");
    if (!current) {
        py->PyErr_Clear();
        return 0;
    }
    py->Py_DecRef(current);
    return 1;
}

static int load(void)
{
    const struct python_api *py = &python_api;
    void *modules = py->PyImport_GetModuleDict();
    if (helper_state != HELPER_NONE)
        return helper_state == HELPER_READY;
    if (!is_there(modules))
        return 0;
    helper_state = HELPER_BROKEN; /* and while it is run */
    void *globals = py->PyDict_New();
    if (globals && run_helper(globals, modules)) {
        python_reader_know(posix_function("read"), posix_function("write"));
        __atomic_store_n(&helper_state, HELPER_READY, __ATOMIC_RELEASE);
        return 1;
    }
    py->PyErr_Clear();
    gap_note("green threads of Python are not parked: shunt's helper does not run in it");
    return 0;
}

/* ---- what a green thread is owed, and had pending ---- */

/* `class` is raised in this thread; NULL: nothing is. CPython takes the first thread of a number,
 * and one that has not begun to run goes by its maker's: up to 3.11 each that is started, and
 * always what an embedding program makes (PyThreadState_New). So this one has a number of its own
 * meanwhile; whoever looks by it holds the lock. */
static void set_asynchronous(void *class)
{
    const struct python_api *py = &python_api;
    unsigned long *place =
        (unsigned long *)((char *)python.thread_state() + python.layout.thread_id);
    unsigned long id = py->PyThread_get_thread_ident();
    if (*place != id) {
        py->PyThreadState_SetAsyncExc(id, class);
        return;
    }
    *place = (unsigned long)place;
    py->PyThreadState_SetAsyncExc(*place, class);
    *place = id;
}

static void promise(void)
{
    const struct python_api *py = &python_api;
    unsigned long thread = py->PyThread_get_thread_ident();
    void *class = py->PyObject_CallFunction(helper.promise, "k", thread);
    if (class && class != py->none) {
        set_asynchronous(class);
        promised = class;
    } else if (class) {
        py->Py_DecRef(class);
    }
    py->PyErr_Clear();
}

/* A function in C: nothing is raised while it runs. */
static long references(void *object)
{
    const struct python_api *py = &python_api;
    void *answer = py->PyObject_CallFunction(helper.getrefcount, "O", object);
    long count = answer ? py->PyLong_AsLong(answer) : 0;
    if (answer)
        py->Py_DecRef(answer);
    return count;
}

/* What was promised is not raised any more. 1: it was not yet; the thread had a reference then. */
static int withdraw(void)
{
    long before = references(promised);
    set_asynchronous(NULL);
    return references(promised) < before;
}

/* Before any code of Python's runs. */
static void take_back(void)
{
    const struct python_api *py = &python_api;
    void *class = promised;
    if (!class)
        return;
    int known = py->PyDict_Size(helper.promised) > 0;
    int pending = known && withdraw();
    promised = NULL;
    py->Py_DecRef(class);
    if (!known)
        return;
    void *taken =
        py->PyObject_CallFunction(helper.take_back, "ki", py->PyThread_get_thread_ident(), pending);
    if (taken)
        py->Py_DecRef(taken);
    py->PyErr_Clear();
}

/* 1: the helper has it. */
static int keep(void *error[3])
{
    const struct python_api *py = &python_api;
    void *none = py->none;
    void *kept = py->PyObject_CallFunction(helper.keep, "OOO", error[0], error[1] ? error[1] : none,
                                           error[2] ? error[2] : none);
    if (!kept) {
        py->PyErr_Clear();
        return 0;
    }
    py->Py_DecRef(kept);
    for (unsigned i = 0; i < ERROR_PARTS; i++)
        if (error[i])
            py->Py_DecRef(error[i]);
    return 1;
}

static void *part_of(void *kept, long i)
{
    void *part = python_api.PyTuple_GetItem(kept, i);
    if (!part || part == python_api.none)
        return NULL;
    python_api.Py_IncRef(part);
    return part;
}

/* What the green thread's call has kept; NULL: nothing. */
static void *take_kept(void)
{
    const struct python_api *py = &python_api;
    void *kept =
        py->PyDict_Size(helper.set_aside) > 0 ? py->PyObject_CallFunction(helper.kept, NULL) : NULL;
    if (kept && kept != py->none)
        return kept;
    if (kept)
        py->Py_DecRef(kept);
    py->PyErr_Clear();
    return NULL;
}

/* The exception that was pending is so again. */
static void put_back(void *kept)
{
    python_api.PyErr_Restore(part_of(kept, 0), part_of(kept, 1), part_of(kept, 2));
    python_api.Py_DecRef(kept);
}

/* ---- the steps of a call ---- */

static int ask(void)
{
    const struct python_api *py = &python_api;
    void *answer = py->PyObject_CallFunction(helper.here, NULL);
    long here = answer ? py->PyLong_AsLong(answer) : HERE_NO_GREEN;
    if (answer)
        py->Py_DecRef(answer);
    else
        py->PyErr_Clear();
    return here == HERE ? REASON_NONE : here == HERE_NO_GREEN ? REASON_NO_GREEN : REASON_NO_RUNTIME;
}

static int prepare(void *error[ERROR_PARTS])
{
    uint32_t state = helper_state;
    if (!load())
        return REASON_NO_RUNTIME;
    if (state == HELPER_NONE && python_reader(&first))
        return REASON_READER;
    int reason = ask();
    if (!reason && error[0] && !keep(error))
        return REASON_EXCEPTION;
    return reason;
}

static void note_answer(int reason)
{
    vain = reason == REASON_NO_GREEN || reason == REASON_NO_RUNTIME ? vain + 1 : 0;
    vain_since = clock_now();
}

static int enter(void)
{
    const struct python_api *py = &python_api;
    void *error[ERROR_PARTS];
    py->PyEval_RestoreThread(python.thread_state());
    py->PyErr_Fetch(&error[0], &error[1], &error[2]);
    take_back();
    int reason = prepare(error);
    if (reason) {
        if (helper_state == HELPER_READY && py->PyDict_Size(helper.owed) > 0)
            promise();
        py->PyErr_Restore(error[0], error[1], error[2]);
        py->PyEval_SaveThread();
    }
    note_answer(reason);
    fresh = 1;
    return reason;
}

/* An epoll instance that has the descriptor alone, or -1. A hub may know a descriptor for one green
 * thread at most, and the program may close its own and have it again: neither concerns this one.
 */
static int watch(int fd, short events)
{
    struct epoll_event event = {.events = (uint32_t)events & (EPOLLIN | EPOLLOUT | EPOLLPRI)};
    int watched = waker_raise((int)arch_syscall(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0));
    if (watched < 0)
        return -1;
    if (arch_syscall(SYS_epoll_ctl, watched, EPOLL_CTL_ADD, fd, (long)&event, 0, 0) == 0)
        return watched;
    raw_close(watched);
    return -1;
}

/* Something was raised at the helper's edge. */
static int escaped(void)
{
    const struct python_api *py = &python_api;
    void *error[ERROR_PARTS];
    py->PyErr_Fetch(&error[0], &error[1], &error[2]);
    py->PyErr_NormalizeException(&error[0], &error[1], &error[2]);
    void *answer = error[1] ? py->PyObject_CallFunction(helper.escaped, "O", error[1]) : NULL;
    long how = answer ? py->PyLong_AsLong(answer) : SHUNT_NOT_PARKED;
    py->PyErr_Clear();
    if (answer)
        py->Py_DecRef(answer);
    for (unsigned i = 0; i < ERROR_PARTS; i++)
        if (error[i])
            py->Py_DecRef(error[i]);
    return (int)how;
}

/* Without the hub, and without the lock: what is waited for may need it. */
static int wait_in_place(int fd, short events, int64_t timeout)
{
    struct pollfd set = {.fd = fd, .events = events};
    struct timespec time = {timeout / SECOND, timeout % SECOND};
    void *state = python_api.PyEval_SaveThread();
    long ready =
        arch_syscall(SYS_ppoll, (long)&set, fd >= 0, timeout < 0 ? 0 : (long)&time, 0, 0, 0);
    python_api.PyEval_RestoreThread(state);
    return ready ? SHUNT_READY : SHUNT_TIMED_OUT;
}

static int park(int fd, short events, int64_t timeout)
{
    const struct python_api *py = &python_api;
    int watched = fd >= 0 ? watch(fd, events) : -1;
    if (fd >= 0 && watched < 0)
        return SHUNT_NOT_PARKED;
    double seconds = timeout < 0 ? -1 : (double)timeout / SECOND;
    void *answer = py->PyObject_CallFunction(helper.wait, "id", watched, seconds);
    int how = answer ? (int)py->PyLong_AsLong(answer) : escaped();
    if (answer)
        py->Py_DecRef(answer);
    if (watched >= 0)
        waker_lower(watched);
    return how;
}

/* A call that did not begin is made in place, without the lock; one that did goes on here. */
static int wait(int fd, short events, int64_t timeout)
{
    int begun = !fresh || (fd >= 0 && waker_has(fd));
    fresh = 0;
    int how = park(fd, events, timeout);
    return how == SHUNT_NOT_PARKED && begun ? wait_in_place(fd, events, timeout) : how;
}

static void leave(int interrupted)
{
    (void)interrupted; /* it is owed */
    take_back();       /* another green thread's */
    void *kept = take_kept();
    if (python_api.PyDict_Size(helper.owed) > 0)
        promise();
    if (kept)
        put_back(kept);
    python_api.PyEval_SaveThread();
}

const struct runtime runtime_python = {
    .name = "greenlet", .refuse = refuse, .enter = enter, .wait = wait, .leave = leave};
