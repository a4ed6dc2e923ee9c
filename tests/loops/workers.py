# SPDX-License-Identifier: MIT
# An executor's workers, between 30 rounds of jobs: they wait for the next one. The first thread waits
# for them, which is no noise.
import concurrent.futures
import time


def job(number):
    time.sleep(0.002)
    return number


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for _ in range(30):
        list(pool.map(job, range(6)))
        time.sleep(0.01)
