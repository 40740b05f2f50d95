"""Headers of public portals with invented rows behind them: what stands in a column follows from its generator."""
# ruff: noqa: E501

import itertools

import numpy as np
import pandas as pd

N = 120
DAYS = pd.date_range("2024-01-03", periods=N, freq="31h")
_RNG = np.random.default_rng(4)
KINDS = ["Larceny", "Burglary", "Robbery", "Assault", "Vandalism", "Motor Vehicle Theft"]


def us_time():
    return DAYS.strftime("%m/%d/%Y %I:%M:%S %p")


def us_day():
    return DAYS.strftime("%m/%d/%Y")


def iso_time():
    return DAYS.strftime("%Y-%m-%dT%H:%M:%S")


def iso_day():
    return DAYS.strftime("%Y-%m-%d")


def day_zero():
    return DAYS.strftime("%Y/%m/%d 00:00:00")


def clock():
    return DAYS.strftime("%H:%M:%S")


def hhmm():
    return DAYS.strftime("%H%M").astype(int)


def hour():
    return DAYS.hour


def kind():
    return list(itertools.islice(itertools.cycle(KINDS), N))


def upper():
    return [k.upper() for k in kind()]


def lon():
    return (-79.4 + _RNG.normal(0, 0.03, N)).round(6)


def lat():
    return (43.7 + _RNG.normal(0, 0.03, N)).round(6)


def east():
    return (300_000 + _RNG.normal(0, 3_000, N)).round(2)


def north():
    return (4_830_000 + _RNG.normal(0, 3_000, N)).round(2)


def number():
    return np.arange(N) + 240_000_001


def code():
    return _RNG.integers(100, 130, N)


def few():
    return list(itertools.islice(itertools.cycle(["North", "South", "East", "West End"]), N))


def street():
    return [f"{i} block of Oak St" for i in range(N)]


def weekday():
    return DAYS.day_name()


def flag():
    return list(itertools.islice(itertools.cycle(["Y", "N"]), N))


def blank():
    return [None] * N


# portal -> columns in their order, with what stands in each; the columns that must come out
PORTALS = {
    "san_francisco": (
        {
            "Incident Datetime": iso_time, "Incident Date": iso_day, "Incident Time": clock, "Incident Year": code,
            "Incident Day of Week": weekday, "Report Datetime": iso_time, "Row ID": number, "Incident ID": number,
            "Incident Number": number, "CAD Number": number, "Report Type Code": flag, "Report Type Description": few,
            "Filed Online": flag, "Incident Code": code, "Incident Category": kind, "Incident Subcategory": kind,
            "Incident Description": kind, "Resolution": few, "Intersection": street, "CNN": number,
            "Police District": few, "Analysis Neighborhood": few, "Latitude": lat, "Longitude": lon,
        },
        {"lon": "Longitude", "lat": "Latitude"},
    ),
    "seattle": (
        {
            "Report Number": number, "Report DateTime": us_time, "Offense ID": number, "Offense Start DateTime": us_time,
            "Offense End DateTime": us_time, "Group A B": flag, "Crime Against Category": few,
            "Offense Parent Group": kind, "Offense": kind, "Offense Code": code, "Precinct": few, "Sector": flag,
            "Beat": code, "MCPP": few, "100 Block Address": street, "Longitude": lon, "Latitude": lat,
        },
        {"time": "Offense Start DateTime", "category": "Offense", "lon": "Longitude"},
    ),
    "toronto": (
        {
            "X": lambda: east() * 30, "Y": north, "OBJECTID": number, "EVENT_UNIQUE_ID": number, "REPORT_DATE": day_zero,
            "OCC_DATE": day_zero, "REPORT_YEAR": code, "REPORT_HOUR": hour, "OCC_YEAR": code, "OCC_DOW": weekday,
            "OCC_HOUR": hour, "DIVISION": few, "LOCATION_TYPE": few, "PREMISES_TYPE": few, "UCR_CODE": code,
            "OFFENCE": kind, "MCI_CATEGORY": kind, "NEIGHBOURHOOD_158": few, "LONG_WGS84": lon, "LAT_WGS84": lat,
        },
        {"date": "OCC_DATE", "hour": "OCC_HOUR", "category": "OFFENCE", "lon": "LONG_WGS84", "lat": "LAT_WGS84"},
    ),
    "montreal": (
        {
            "CATEGORIE": kind, "DATE": iso_day, "QUART": few, "PDQ": code, "X": east, "Y": north,
            "LONGITUDE": lon, "LATITUDE": lat,
        },
        {"date": "DATE", "category": "CATEGORIE", "lon": "LONGITUDE", "lat": "LATITUDE"},
    ),
    "detroit": (
        {
            "incident_entry_id": number, "nearest_intersection": street, "offense_category": upper,
            "offense_description": upper, "state_offense_code": code, "arrest_charge": code, "charge_description": upper,
            "incident_occurred_at": iso_time, "incident_time": clock, "incident_day_of_week": code,
            "incident_hour_of_day": hour, "police_precinct": code, "neighborhood": few, "longitude": lon,
            "latitude": lat,
        },
        {"category": "offense_category", "lon": "longitude", "time": "incident_occurred_at"},
    ),
    "cincinnati": (
        {
            "INSTANCEID": number, "INCIDENT_NO": number, "DATE_REPORTED": us_time, "DATE_FROM": us_time,
            "DATE_TO": us_time, "CLSD": few, "UCR": code, "DST": code, "BEAT": code, "OFFENSE": upper, "LOCATION": few,
            "FLOOR": blank, "DAYOFWEEK": weekday, "CPD_NEIGHBORHOOD": few, "WEAPONS": few,
            "DATE_OF_CLEARANCE": blank, "HOUR_FROM": hhmm, "HOUR_TO": hhmm, "LONGITUDE_X": lon, "LATITUDE_X": lat,
        },
        {"category": "OFFENSE", "lon": "LONGITUDE_X", "lat": "LATITUDE_X"},
    ),
    "austin": (
        {
            "Incident Number": number, "Highest Offense Description": upper, "Highest Offense Code": code,
            "Family Violence": flag, "Occurred Date Time": us_time, "Occurred Date": us_day, "Occurred Time": hhmm,
            "Report Date Time": us_time, "Report Date": us_day, "Report Time": hhmm, "Location Type": few,
            "Council District": code, "APD Sector": few, "Latitude": lat, "Longitude": lon,
        },
        {"category": "Highest Offense Description", "time": "Occurred Date Time", "lat": "Latitude"},
    ),
    "nashville": (
        {
            "Primary Key": number, "Incident Number": number, "Report Type Description": few,
            "Incident Status Description": few, "Incident Occurred": us_time, "Incident Reported": us_time,
            "Incident Location": street, "Latitude": lat, "Longitude": lon, "RPA": code, "Zone": code,
            "Location Description": few, "Offense Number": code, "Offense NIBRS": code, "Offense Description": upper,
            "Weapon Description": few,
        },
        {"category": "Offense Description", "time": "Incident Occurred", "lon": "Longitude"},
    ),
    "kansas_city": (
        {
            "Report_No": number, "Reported_Date": us_day, "Reported_Time": clock, "From_Date": us_day,
            "From_Time": clock, "To_Date": us_day, "Offense": kind, "IBRS": code, "Description": kind, "Beat": code,
            "City": few, "Rep_Dist": few, "Area": few, "DVFlag": flag, "lng": lon, "ltd_lat": lat,
        },
        {"category": "Offense", "lon": "lng", "lat": "ltd_lat"},
    ),
    "sao_paulo": (
        {
            "NOME_DEPARTAMENTO": few, "ANO_BO": code, "DATA_COMUNICACAO": iso_day, "DATA_OCORRENCIA_BO": iso_day,
            "HORA_OCORRENCIA_BO": clock, "DESCR_TIPOLOCAL": few, "BAIRRO": few, "LATITUDE": lat, "LONGITUDE": lon,
            "NOME_MUNICIPIO": few, "RUBRICA": kind, "NATUREZA_APURADA": kind,
        },
        {"date": "DATA_OCORRENCIA_BO", "clock": "HORA_OCORRENCIA_BO", "category": "NATUREZA_APURADA", "lat": "LATITUDE"},
    ),
    "bogota": (
        {
            "OBJECTID": number, "ANIO": code, "FECHA_HECHO": iso_day, "HORA_HECHO": clock, "TIPO_DELITO": kind,
            "LOCALIDAD": few, "UPZ": few, "ARMA_EMPLEADA": few, "LONGITUD": lon, "LATITUD": lat,
        },
        {"date": "FECHA_HECHO", "clock": "HORA_HECHO", "category": "TIPO_DELITO", "lon": "LONGITUD"},
    ),
    "new_orleans": (
        {
            "Item_Number": number, "District": code, "Location": few, "Disposition": few, "Signal_Type": code,
            "Signal_Description": kind, "Occurred_Date_Time": iso_time, "Charge_Code": code,
            "Charge_Description": kind, "Offender_Race": few, "x_longitude": lon, "y_latitude": lat,
        },
        {"time": "Occurred_Date_Time", "lon": "x_longitude", "lat": "y_latitude"},
    ),
}  # fmt: skip


def portal(name):
    """Return the rows of a portal and the columns that must come out."""
    columns, wanted = PORTALS[name]
    return pd.DataFrame({column: make() for column, make in columns.items()}), wanted
