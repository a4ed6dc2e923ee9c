/* SPDX-License-Identifier: MIT
 *
 * See python_reader.h. Inside the interpreter, files of every kind and os.read come to read(2)
 * through one function (_Py_read), which a compiler may have put into its callers. os.read and
 * os.write can be told, by the addresses that the interpreter itself gives for them.
 */
#include "python_reader.h"

#include "calls.h"
#include "guard.h"
#include "modules.h"
#include "python_layout.h"
#include "stack.h"

/* os_read_impl may lie between os_read and _Py_read. */
enum { FRAMES_BETWEEN = 2 };

static uintptr_t plain[2];

void python_reader_know(void *os_read, void *os_write)
{
    plain[0] = (uintptr_t)os_read;
    plain[1] = (uintptr_t)os_write;
}

static int is_plain(uintptr_t ip)
{
    uintptr_t function = ip ? stack_function(ip) : 0;
    return function && (function == plain[0] || function == plain[1]);
}

static uintptr_t address_of(uint64_t frame)
{
    const struct trace_module *module = modules_record(TRACE_FRAME_MODULE(frame));
    return module ? module->base + TRACE_FRAME_OFFSET(frame) : 0;
}

int python_reader(const struct visit *v)
{
    if ((v->call != CALL_read && v->call != CALL_write) || !python_contains(v->caller))
        return 0;
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    const struct trace_context *context = slot && slot->context ? trace_at(slot->context) : NULL;
    if (is_plain(v->caller))
        return 0;
    for (uint32_t i = 1; context && i < context->frames && i <= FRAMES_BETWEEN; i++)
        if (is_plain(address_of(context->frame[i])))
            return 0;
    return 1;
}
