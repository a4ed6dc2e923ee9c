/* SPDX-License-Identifier: MIT
 *
 * Where a call ran, and why one that a rule would route ran in place.
 */
#ifndef SHUNT_TRACE_REASONS_H
#define SHUNT_TRACE_REASONS_H

/* Where a call runs. */
enum trace_route {
    TRACE_ROUTE_IN_PLACE = 0,
    TRACE_ROUTE_POOL = 1,  /* a worker runs it, its caller waits */
    TRACE_ROUTE_GREEN = 2, /* other green threads of the caller's thread run meanwhile */
    TRACE_ROUTE_DENY = 3   /* it is not made, and fails */
};

/* Why a call that a rule would route runs in place. Part of the format: append only. */
enum trace_reason {
    REASON_NONE = 0,
    REASON_READY,        /* tried first: it did not have to wait */
    REASON_NONBLOCKING,  /* its descriptor, flags or timeout say that it never waits */
    REASON_BOUND,        /* the call is bound to its thread */
    REASON_CONDITIONS,   /* it may move under conditions that are not known to hold */
    REASON_HANDLER,      /* made in a signal handler */
    REASON_NESTED,       /* made inside another intercepted call */
    REASON_THREAD_STATE, /* the thread has rights, a name space or an order of its own */
    REASON_FILTER,       /* the process has a seccomp filter */
    REASON_TERMINAL,     /* a terminal stops the thread that reads it in the background */
    REASON_THREAD_FILE,  /* a file whose content depends on who reads it: signalfd, /proc */
    REASON_STREAM,    /* the caller holds the stream's lock, or the stream runs code of its own */
    REASON_LOCALE,    /* the thread has a locale of its own */
    REASON_RESOLVER,  /* the thread has resolver settings of its own */
    REASON_POOL_FULL, /* every worker busy and the pool as large as it may be */
    REASON_NO_WORKER, /* no thread could be made */
    REASON_ADDRESS_SPACE, /* the program's address space is limited */
    REASON_VFORK,         /* a child on its parent's stack */
    REASON_FORK_CHILD,    /* a child made past fork's handlers */
    REASON_CHAIN,         /* the rule asks for callers, and they are not known */
    REASON_OFF,           /* routing is switched off */
    REASON_SIGNALS,       /* no signal may be queued: no call could be ended early */
    REASON_ROLLOUT,       /* not in the share of its rule's calls that are moved */
    REASON_UNKNOWN,       /* a rule asks for a name that nobody knows: a module was not compiled */
    REASON_CROWDED,       /* more rules might take the chain's calls than are kept */
    REASON_NO_RUNTIME,    /* route green: no green runtime is known on this thread */
    REASON_NO_GREEN,      /* ... no green thread: the scheduler itself, or a plain thread */
    REASON_GIL_HELD,      /* ... the caller holds the interpreter lock: others may not run */
    REASON_INTERPRETERS,  /* ... there is more than one interpreter */
    REASON_FINALIZING,    /* ... the interpreter is at its end */
    REASON_IMPORTING,     /* ... a module is being imported */
    REASON_LOADING,       /* ... inside dlopen */
    REASON_LOCK_HELD,     /* ... the thread holds a lock that cannot be kept across a switch */
    REASON_LOCK_ORDER,    /* ... a lock is held that is also taken under the interpreter lock */
    REASON_STACK_OBJECT,  /* ... the lock or semaphore lies on the stack, which is switched away */
    REASON_EXCEPTION,     /* ... a C++ exception is in flight */
    REASON_ARGUMENTS,     /* ... what the call reads or writes is not known exactly */
    REASON_READER,        /* ... made by an object of Python's that no other may enter meanwhile */
    REASON_HANDED_OVER,   /* ... the library hands work from caller to caller by a condition */
    REASON_BULKHEAD,      /* as many calls of the rule are under way as it allows */
    REASON_DENIED,        /* the rule denies the call, and only says so (or could not) */
    REASON_NO_DESCRIPTOR, /* route green: no eventfd could be made to be woken by */
    REASON_COUNT,
    REASON_ROOM = 62
};

_Static_assert(REASON_COUNT <= REASON_ROOM, "reasons");

#endif
