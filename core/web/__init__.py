"""Starlette routes, middleware and the lifespan around the Streamlit app."""
