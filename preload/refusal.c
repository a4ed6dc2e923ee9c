/* SPDX-License-Identifier: MIT
 *
 * See refusal.h.
 */
#include "refusal.h"

#include "calls.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <threads.h>

static void *result_of(const struct handoff_call *call)
{
    return (char *)call->frame + call->shape->returned;
}

static void give_number(const struct handoff_call *call, int number)
{
    memcpy(result_of(call), &number, sizeof number);
}

void refusal_give(const struct handoff_call *call, int error)
{
    switch ((enum call_fail)call_infos[call->call].fail) {
    case FAIL_MINUS_ONE: /* of any width */
        memset(result_of(call), 0xff, call->shape->returned_size);
        errno = error;
        break;
    case FAIL_NULL_POINTER:
        memset(result_of(call), 0, call->shape->returned_size);
        errno = error;
        break;
    case FAIL_NONZERO_ERROR:
        give_number(call, error);
        break;
    case FAIL_NONZERO_EAI:
        give_number(call, EAI_SYSTEM);
        errno = error;
        break;
    case FAIL_NONZERO_THRD:
        give_number(call, error == ETIMEDOUT ? thrd_timedout : thrd_error);
        break;
    case FAIL_REMAINING: /* as if it had ended well: there is no other word */
    case FAIL_NOTHING:
        memset(result_of(call), 0, call->shape->returned_size);
        break;
    }
}
