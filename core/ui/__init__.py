"""What pages are made of; the one package of core that imports streamlit, beside core.web."""
