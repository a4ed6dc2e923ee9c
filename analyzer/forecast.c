/* SPDX-License-Identifier: MIT
 *
 * See forecast.h. A request's time on the hub is known, and the part of each library. What is moved
 * turns from time on the hub into time beside it: a closed system with one server (the hub) and a
 * delay, in which as many requests are under way as green threads served them at a time. Its mean
 * rate is computed request by request (mean value analysis).
 */
#include "forecast.h"

#include "advise_rules.h"
#include "format.h"
#include "green_list.h"

#include <string.h>

#define BUSY       0.50 /* share of stalls from which on the hub is what bounds the rate */
#define REQUESTS   10   /* fewer say little */
#define PEER_TIMES 3.0  /* a peer that gets more times the work than today may be slower for it */
#define READY_NS   25e3 /* the hub's work for one wait that is made green, about */
#define WORKER_NS  150e3

/* Of one request, in nanoseconds. */
struct request {
    double hub;    /* on it */
    double beside; /* moved away */
    double stall;  /* part of `hub` that blocks it */
};

static const struct report_spawn *served_by(const struct report_process *process)
{
    const struct report_spawn *most = NULL;
    for (unsigned i = 0; i < process->spawn_count; i++) {
        const struct report_spawn *spawn = process->spawns[i];
        if (spawn->green && !spawn->hub &&
            (!most || spawn->sums.blocked_ns > most->sums.blocked_ns))
            most = spawn;
    }
    return most;
}

/* Requests a second with so many under way. */
static double rate_of(const struct request *request, unsigned clients)
{
    double waiting = 0, rate = 0;
    for (unsigned n = 1; n <= clients; n++) {
        double at_hub = request->hub * (1 + waiting);
        rate = n / (request->beside + at_hub);
        waiting = rate * at_hub;
    }
    return rate * 1e9;
}

static const struct report_route *green_of(const struct report_site *site)
{
    for (unsigned i = 0; i < site->advice.route_count; i++)
        if (strcmp(site->advice.routes[i].name, "green") == 0 && site->advice.routes[i].applies)
            return &site->advice.routes[i];
    return NULL;
}

/* Moves the sites of a library; false: there are none to move. */
static bool move_library(struct request *request, struct report_forecast *row,
                         const struct report_group *group, uint64_t requests)
{
    bool any = false;
    for (unsigned i = 0; i < group->site_count; i++) {
        const struct report_site *site = group->sites[i];
        const struct report_route *green = green_of(site);
        const char *library = green_list_library(site);
        if (!green || !library || strcmp(library, group->name) != 0)
            continue;
        bool worker = green->worker;
        double gain = (double)green->gain_ns / (double)requests;
        double cost = (double)site->blocked / (double)requests * (worker ? WORKER_NS : READY_NS);
        request->hub += cost - gain;
        request->stall -= gain;
        request->beside += gain;
        row->workers |= worker;
        if (!any || site->advice.confidence < row->confidence)
            row->confidence = site->advice.confidence;
        any = true;
    }
    row->moved = group->name;
    return any;
}

static void finish(struct report_forecast *row, const struct request *request, unsigned clients,
                   double today)
{
    row->rate = rate_of(request, clients);
    row->hub = row->rate * request->stall / 1e9;
    row->at_a_time = clients;
    row->times = today > 0 ? row->rate / today : 0;
    if (row->times > PEER_TIMES && row->confidence > CONFIDENCE_MEDIUM)
        row->confidence = CONFIDENCE_MEDIUM;
}

static const struct report_loop *bound_by(const struct report_process *process)
{
    const struct report_requests *requests = process->request_count ? process->requests[0] : NULL;
    const struct report_loop *loop = requests ? requests->loop : NULL;
    if (!loop || requests->shared || requests->about < REQUESTS || !loop->observed_ns)
        return NULL;
    const struct advise_runtime *runtime = advise_runtime_of(loop->runtime);
    bool green = runtime && runtime->on == ON_GREEN;
    return green && (double)loop->stall_ns > BUSY * (double)loop->observed_ns ? loop : NULL;
}

void forecast_process(struct arena *arena, struct report_process *process)
{
    const struct report_loop *loop = bound_by(process);
    const struct report_spawn *spawn = served_by(process);
    if (!loop || !spawn || !spawn->peak_least)
        return;
    uint64_t about = process->requests[0]->about;
    unsigned clients = (unsigned)spawn->peak_least;
    struct request request = {.hub = (double)loop->turn_ns / (double)about,
                              .stall = (double)loop->stall_ns / (double)about};
    struct report_forecast *rows = ARENA_ARRAY(arena, struct report_forecast, FORECAST_ROWS);
    double today = (double)about / (double)loop->observed_ns * 1e9;
    unsigned count = 0;
    rows[count++] = (struct report_forecast){
        .rate = today, .hub = (double)loop->stall_ns / (double)loop->observed_ns, .times = 1};
    for (unsigned i = 0; i < process->group_count[GROUP_LIBRARY] && count < FORECAST_ROWS; i++) {
        struct report_forecast row = {0};
        if (!move_library(&request, &row, &process->groups[GROUP_LIBRARY][i], about))
            continue;
        finish(&row, &request, clients, today);
        rows[count++] = row;
    }
    if (count == 1)
        return;
    process->forecast = rows;
    process->forecast_count = count;
}
