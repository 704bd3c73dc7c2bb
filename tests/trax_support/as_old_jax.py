"""A pytest plugin for Trax's own tests, which import `jax.config` as a module."""

import sys
import types

import jax

sys.modules['jax.config'] = types.ModuleType('jax.config')
sys.modules['jax.config'].config = jax.config
