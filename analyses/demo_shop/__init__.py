"""A small shop with planted flaws, for trying Vedette out and for its tests.

It is vulnerable on purpose: it listens on this machine only, keeps everything in memory and holds nothing of value.

    with serve() as shop:
        print(shop.url)
"""

from analyses.demo_shop.server import PASSWORD, USERNAME, RunningShop, serve

__all__ = ["PASSWORD", "USERNAME", "RunningShop", "serve"]
