# What exchanger.ts does, by one call of Linux each time: there is never nothing in the place.
import ctypes, os, select, sys

place, link, target = (os.fsencode(argument) for argument in sys.argv[1:4])
renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
here, exchange = -100, 2
exchanges = 0


def put_back_the_link():
    missing = link if os.path.isdir(place) and not os.path.islink(place) else place
    try:
        os.symlink(target, missing)
    except OSError:
        pass


print('exchanging', flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(100):
        if renameat2(here, place, here, link, exchange) == 0:
            exchanges += 1
        else:
            put_back_the_link()
if os.path.islink(place):
    renameat2(here, place, here, link, exchange)
print(exchanges)
