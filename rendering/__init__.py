"""How geometry becomes radiance: scenes, materials, sky, ray casting, and label buffers from the same rays."""
